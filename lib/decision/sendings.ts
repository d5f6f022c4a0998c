import { z } from 'zod';
import { type Sendings, updateEvery } from '../brief/pace.ts';
import { Instant, later } from '../finding/instant.ts';
import { StageKey } from '../hold/hold.ts';
import type { Key, Table, Write } from '../hold/table.ts';

/** `PERSON#<id>/SENT#<stage>`: what one person was sent about one stage lately, and of which holds news waits for its turn. */
export type PersonSendings = z.infer<typeof PersonSendings>;
const PersonSendings = z.object({
  personId: z.string(),
  stageKey: StageKey,
  firsts: z.array(Instant).readonly(),
  lastAt: Instant.nullable(),
  updateAt: Instant.nullable(),
  waiting: z.array(z.string()).readonly(),
  /** While one process sends to this person about this stage, others wait: until then at most. */
  claimedUntil: Instant.nullable(),
  version: z.number().int(),
});

/** Longer than the minute that the function that tells may run, in milliseconds. */
const claimFor = 75_000;

/** Reads what a person was sent about a stage. */
export async function readSendings(table: Table, personId: string, stageKey: StageKey): Promise<PersonSendings> {
  const item = await table.get(keyOf(personId, stageKey));
  const nothing = { firsts: [], lastAt: null, updateAt: null, waiting: [], claimedUntil: null, version: 0 };
  return item === null ? { personId, stageKey, ...nothing } : PersonSendings.parse(item);
}

/** Takes the turn to send to a person about a stage; null when somebody else has it or took it meanwhile. */
export async function claim(table: Table, sendings: PersonSendings, now: Instant): Promise<PersonSendings | null> {
  if (sendings.claimedUntil !== null && sendings.claimedUntil > now) return null;
  const claimed = { ...sendings, claimedUntil: later(now, claimFor), version: sendings.version + 1 };
  // Listed until the turn is given back: should the process end before, the sweep tells in its place.
  const done = await table.transact([writeOf(claimed, sendings.version, claimed.claimedUntil)]);
  return done.ok ? claimed : null;
}

/** The write that gives the turn back. What waits is listed by when its turn comes. */
export function giveBack(
  claimed: PersonSendings,
  sent: Sendings,
  waiting: readonly string[],
  at: Instant | null,
  now: Instant,
): Write {
  const firsts = sent.firsts.filter((each) => each > later(now, -updateEvery));
  const after = { ...claimed, ...sent, firsts, waiting, claimedUntil: null, version: claimed.version + 1 };
  return writeOf(after, claimed.version, at);
}

/** People and stages for which the turn of waiting news has come, the longest waiting first. */
export async function dueSendings(table: Table, now: Instant): Promise<readonly PersonSendings[]> {
  const items = await table.listed('UNTOLD', { until: `${now}~` });
  return items.map((item) => PersonSendings.parse(item));
}

/**
 * Ends every turn that somebody has taken, and makes it due. Only for who knows that nobody who took one is alive: the embedded
 * runtime when it starts, whose functions died with it.
 */
export async function endTurns(table: Table, now: Instant): Promise<void> {
  const taken = (await table.listed('UNTOLD')).map((item) => PersonSendings.parse(item));
  for (const sendings of taken.filter(({ claimedUntil }) => claimedUntil !== null)) {
    const after = { ...sendings, claimedUntil: null, version: sendings.version + 1 };
    await table.transact([writeOf(after, sendings.version, now)]);
  }
}

function writeOf(sendings: PersonSendings, before: number, at: Instant | null): Write {
  const key = keyOf(sendings.personId, sendings.stageKey);
  const listing = at === null ? {} : { list: 'UNTOLD', at: `${at}#${key.pk}#${key.sk}` };
  return {
    put: { ...key, ...sendings, ...listing },
    when: before === 0 ? { absent: 'version' } : { equals: ['version', before] },
  };
}

function keyOf(personId: string, stageKey: StageKey): Key {
  return { pk: `PERSON#${personId}`, sk: `SENT#${stageKey}` };
}
