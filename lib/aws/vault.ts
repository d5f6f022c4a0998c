import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Vault } from '../decision/vault.ts';

/**
 * Secrets by their id, and under `current` the id of the one that new links and enrolments use. Rotating is adding one and
 * naming it; links and second factors made with a secret end when it is taken out.
 */
export type Secrets = z.infer<typeof Secrets>;
export const Secrets = z
  .record(z.string(), z.string())
  .refine(
    (secrets) => (secrets[secrets.current ?? ''] ?? '').length >= 32,
    'names under "current" a secret of at least 32 characters',
  );

/** Fresh secrets: one of 256 bits. */
export function newSecrets(): Secrets {
  return { current: 'k1', k1: randomBytes(32).toString('base64url') };
}

/** A vault over secrets that are read on first use. HMAC-SHA-256 for links, AES-256-GCM for second factors, a key for each. */
export function vaultOf(read: () => Promise<Secrets>): Vault {
  let reading: Promise<Secrets> | null = null;
  async function secrets(): Promise<Secrets> {
    reading ??= read().catch((error: unknown) => {
      reading = null; // the next call reads again: a secret that could not be read once is not gone
      throw error;
    });
    return await reading;
  }
  async function current(): Promise<{ readonly id: string; readonly secret: string }> {
    const all = await secrets();
    const id = all.current ?? '';
    return { id, secret: all[id] ?? '' };
  }
  return {
    async mac(text) {
      const { id, secret } = await current();
      return { keyId: id, mac: hmac(secret, text).toString('base64url') };
    },
    async isMac(text, keyId, mac) {
      const secret = keyId === 'current' ? undefined : (await secrets())[keyId];
      const expected = hmac(secret ?? 'no such key', text);
      const given = Buffer.from(mac, 'base64url');
      const isEqual = given.length === expected.length && timingSafeEqual(given, expected);
      return isEqual && secret !== undefined;
    },
    async seal(text) {
      const { id, secret } = await current();
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', keyFor(secret, 'factor'), nonce);
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return `${id}.${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')}`;
    },
    async unseal(sealed) {
      const [id = '', text = ''] = sealed.split('.', 2);
      const secret = (await secrets())[id];
      if (secret === undefined || id === 'current')
        throw new Error(`the secret ${id} that sealed this is gone: enrol the person anew`);
      const bytes = Buffer.from(text, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', keyFor(secret, 'factor'), bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(12, 28));
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
    },
  };
}

function hmac(secret: string, text: string): Buffer {
  return createHmac('sha256', keyFor(secret, 'link')).update(text).digest();
}

function keyFor(secret: string, purpose: 'link' | 'factor'): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `stopship ${purpose}`, 32));
}
