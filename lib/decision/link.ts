import { z } from 'zod';
import { Instant, later, msOf } from '../finding/instant.ts';
import type { Hold } from '../hold/hold.ts';
import type { Chance, ClockPort } from '../hold/ports.ts';
import type { Item, Key, Table, Write } from '../hold/table.ts';
import type { Vault } from './vault.ts';

/** The single-use address through which one person decides on one revision of one hold; `view` only shows. */
export type Link = z.infer<typeof Link>;
export const Link = z.object({
  selector: z.string(),
  holdId: z.string(),
  revision: z.number().int(),
  personId: z.string(),
  mode: z.enum(['decide', 'view']),
  /** When it ends: at the hold's next deadline, 72 hours at most. */
  endsAt: Instant,
  usedAt: Instant.nullable(),
  /** Wrong codes entered through it. */
  failures: z.number().int(),
});

/** Longest life of a link, in milliseconds. */
export const linkLifeMax = 72 * 3_600_000;
/** Wrong codes after which a link is locked; its person asks for another. */
export const failuresMax = 5;

/** Makes a link: the token to send, once, and the write that keeps its HMAC. The token itself is kept nowhere. */
export async function newLink(
  deps: { readonly chance: Chance; readonly vault: Vault; readonly clock: ClockPort },
  hold: Hold,
  personId: string,
  mode: Link['mode'],
): Promise<{ readonly token: string; readonly write: Write }> {
  const selector = base64url(deps.chance.bytes(16));
  const verifier = base64url(deps.chance.bytes(32));
  const { keyId, mac } = await deps.vault.mac(`link ${selector} ${verifier}`);
  const now = deps.clock.now();
  const longest = later(now, linkLifeMax);
  const endsAt = hold.deadline > now && hold.deadline < longest ? hold.deadline : longest;
  const link: Link = {
    selector,
    holdId: hold.id,
    revision: hold.revision,
    personId,
    mode,
    endsAt,
    usedAt: null,
    failures: 0,
  };
  // Housekeeping long after its end: an ended link still says what happened.
  const expiresAt = Math.floor(msOf(endsAt) / 1000) + 30 * 86_400;
  const put: Item = { ...linkKey(selector), ...link, used: false, keyId, mac, expiresAt };
  return { token: `ss1.${selector}.${verifier}`, write: { put, when: { absent: 'selector' } } };
}

/** The link of a token; null for a wrong one. An unknown selector costs and answers the same as a wrong verifier. */
export async function readLink(table: Table, vault: Vault, token: string): Promise<Link | null> {
  const parts = tokenShape.exec(token);
  const [, selector, verifier] = parts ?? [null, 'unknown', 'unknown'];
  if (selector === undefined || verifier === undefined) return null;
  const item = await table.get(linkKey(selector));
  const keyId = typeof item?.keyId === 'string' ? item.keyId : 'none';
  const mac = typeof item?.mac === 'string' ? item.mac : '';
  const isRight = await vault.isMac(`link ${selector} ${verifier}`, keyId, mac);
  return isRight && parts !== null && item !== null ? Link.parse(item) : null;
}

const tokenShape = /^ss1\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;

/** Key of a link in the ledger. */
export function linkKey(selector: string): Key {
  return { pk: `LINK#${selector}`, sk: 'STATE' };
}

/** The write that uses a link up; it fails when the link was used, locked, or belongs to another revision. */
export function useLink(link: Link, hold: Hold, now: Instant): Write {
  return {
    update: linkKey(link.selector),
    change: { set: { usedAt: now, used: true } },
    when: {
      all: [
        { equals: ['used', false] },
        // The try that counted itself before its code was looked at may be the last one.
        { most: ['failures', failuresMax] },
        { equals: ['revision', hold.revision] },
      ],
    },
  };
}

/** The write that counts a try with a code; it fails when the link is locked, so that tries at once are no way around. */
export function countTry(link: Link): Write {
  return {
    update: linkKey(link.selector),
    change: { add: { failures: 1 } },
    when: { most: ['failures', failuresMax - 1] },
  };
}

/** Why a link decides nothing any more; null while it does. */
export function deadReason(
  link: Link,
  hold: Hold,
  now: Instant,
): 'used' | 'locked' | 'decided' | 'superseded' | 'ended' | null {
  if (link.usedAt !== null) return 'used';
  if (link.failures >= failuresMax) return 'locked';
  if (hold.status === 'closed' || hold.closing !== null) return 'decided';
  if (link.revision !== hold.revision) return 'superseded';
  return link.endsAt <= now ? 'ended' : null;
}

function base64url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
