import { Secret, TOTP } from 'otpauth';
import { z } from 'zod';
import { Instant, later, msOf } from '../finding/instant.ts';
import type { Chance } from '../hold/ports.ts';
import type { Key, Table, Write } from '../hold/table.ts';
import type { Person } from '../policy/policy.ts';
import type { Vault } from './vault.ts';

/** A person's second factor: a time-based one-time password (RFC 6238), 6 digits of 30 seconds, each used once. */
type Factor = z.infer<typeof Factor>;
const Factor = z.object({
  secret: z.string(),
  lastStep: z.number().int(),
  /** Wrong codes since the last right one, and when the last of them came. */
  failures: z.number().int(),
  failedAt: Instant.nullable(),
});

const period = 30;

/** Enrols a person anew: the address for their authenticator. Codes of an earlier enrolment end. */
export async function enroll(
  deps: { readonly table: Table; readonly vault: Vault; readonly chance: Chance },
  person: Person,
): Promise<string> {
  const secret = new Secret({ buffer: deps.chance.bytes(20).slice().buffer });
  const sealed = await deps.vault.seal(secret.base32);
  await deps.table.transact([
    { put: { ...factorKey(person.id), secret: sealed, lastStep: 0, failures: 0, failedAt: null } },
  ]);
  return totpOf(secret.base32, person.name).toString();
}

/** The authenticator address of an enrolled person; null when not enrolled. For the demo, which shows it to everyone. */
export async function enrolledAddress(
  deps: { readonly table: Table; readonly vault: Vault },
  person: Person,
): Promise<string | null> {
  const item = await deps.table.get(factorKey(person.id));
  return item === null ? null : totpOf(await deps.vault.unseal(Factor.parse(item).secret), person.name).toString();
}

/** What a code proved: the write that uses it up, or why it proves nothing. */
export type Proved =
  | { readonly ok: true; readonly write: Write }
  | { readonly ok: false; readonly why: 'not-enrolled' | 'wrong' | 'used' | 'paused' | 'busy' };

/**
 * Checks a code of a person: of this half minute or one beside it, and later than the last one used. The try is counted, with
 * the writes of `also`, before the code is looked at: tries at once are no way around the count. After many wrong codes in a
 * row the person's codes are not looked at for a while, which grows and ends by itself; nobody is locked out.
 */
export async function proveFactor(
  deps: { readonly table: Table; readonly vault: Vault },
  personId: string,
  code: string,
  now: Instant,
  also: readonly Write[] = [],
): Promise<Proved> {
  const item = await deps.table.get(factorKey(personId));
  if (item === null) return { ok: false, why: 'not-enrolled' };
  const factor = Factor.parse(item);
  if (isPaused(factor, now)) return { ok: false, why: 'paused' };
  if (!(await deps.table.transact([countedTry(personId, factor, now), ...also])).ok) return { ok: false, why: 'busy' };
  const step = await stepOf(deps.vault, factor, personId, code, now);
  if (step === null) return { ok: false, why: 'wrong' };
  if (step <= factor.lastStep) return { ok: false, why: 'used' };
  return {
    ok: true,
    write: {
      update: factorKey(personId),
      change: { set: { lastStep: step, failures: 0 } },
      when: { equals: ['lastStep', factor.lastStep] },
    },
  };
}

/** Wrong codes in a row after which a person's codes are paused. */
const freeTries = 10;
/** The first pause, in milliseconds; each further wrong code doubles it, up to the longest. */
const firstPause = 60_000;
const longestPause = 3_600_000;

function isPaused({ failures, failedAt }: Factor, now: Instant): boolean {
  if (failedAt === null || failures < freeTries) return false;
  return now < later(failedAt, Math.min(firstPause * 2 ** (failures - freeTries), longestPause));
}

function countedTry(personId: string, { failures }: Factor, now: Instant): Write {
  return {
    update: factorKey(personId),
    change: { set: { failures: failures + 1, failedAt: now } },
    when: { equals: ['failures', failures] },
  };
}

/** The half minute that a code belongs to, counted since 1970; null for a code of none that counts now. */
async function stepOf(
  vault: Vault,
  factor: Factor,
  personId: string,
  code: string,
  now: Instant,
): Promise<number | null> {
  const totp = totpOf(await vault.unseal(factor.secret), personId);
  const delta = totp.validate({ token: code.replaceAll(' ', ''), timestamp: msOf(now), window: 1 });
  return delta === null ? null : Math.floor(msOf(now) / 1000 / period) + delta;
}

function totpOf(base32: string, label: string): TOTP {
  return new TOTP({ issuer: 'stopship', label, secret: Secret.fromBase32(base32), digits: 6, period });
}

function factorKey(personId: string): Key {
  return { pk: `PERSON#${personId}`, sk: 'FACTOR' };
}
