import { Secret, TOTP } from 'otpauth';
import { z } from 'zod';
import { type Instant, msOf } from '../finding/instant.ts';
import type { Chance } from '../hold/ports.ts';
import type { Key, Table, Write } from '../hold/table.ts';
import type { Person } from '../policy/policy.ts';
import type { Vault } from './vault.ts';

/** A person's second factor: a time-based one-time password (RFC 6238), 6 digits of 30 seconds, each used once. */
const Factor = z.object({ secret: z.string(), lastStep: z.number().int() });

const period = 30;

/** Enrols a person anew: the address for their authenticator. Codes of an earlier enrolment end. */
export async function enroll(
  deps: { readonly table: Table; readonly vault: Vault; readonly chance: Chance },
  person: Person,
): Promise<string> {
  const secret = new Secret({ buffer: deps.chance.bytes(20).slice().buffer });
  const sealed = await deps.vault.seal(secret.base32);
  await deps.table.transact([{ put: { ...factorKey(person.id), secret: sealed, lastStep: 0 } }]);
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
  | { readonly ok: false; readonly why: 'not-enrolled' | 'wrong' | 'used' };

/** Checks a code of a person: of this half minute or one beside it, and later than the last one used. */
export async function proveFactor(
  deps: { readonly table: Table; readonly vault: Vault },
  personId: string,
  code: string,
  now: Instant,
): Promise<Proved> {
  const item = await deps.table.get(factorKey(personId));
  if (item === null) return { ok: false, why: 'not-enrolled' };
  const factor = Factor.parse(item);
  const totp = totpOf(await deps.vault.unseal(factor.secret), personId);
  const timestamp = msOf(now);
  const delta = totp.validate({ token: code.replaceAll(' ', ''), timestamp, window: 1 });
  if (delta === null) return { ok: false, why: 'wrong' };
  const step = Math.floor(timestamp / 1000 / period) + delta;
  if (step <= factor.lastStep) return { ok: false, why: 'used' };
  return {
    ok: true,
    write: {
      update: factorKey(personId),
      change: { set: { lastStep: step } },
      when: { equals: ['lastStep', factor.lastStep] },
    },
  };
}

function totpOf(base32: string, label: string): TOTP {
  return new TOTP({ issuer: 'stopship', label, secret: Secret.fromBase32(base32), digits: 6, period });
}

function factorKey(personId: string): Key {
  return { pk: `PERSON#${personId}`, sk: 'FACTOR' };
}
