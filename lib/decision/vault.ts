/** Keeps keys: authenticates links and seals second factors. The keys themselves never come out. */
export interface Vault {
  /** HMAC-SHA-256 under the newest key, base64url, with that key's id. */
  mac(text: string): Promise<{ readonly keyId: string; readonly mac: string }>;
  /** Compares in constant time; an unknown or retired key costs the same and is false. */
  isMac(text: string, keyId: string, mac: string): Promise<boolean>;
  seal(text: string): Promise<string>;
  /** Throws when the sealed text was changed or its key is gone. */
  unseal(sealed: string): Promise<string>;
}
