import { votesOn } from '../../lib/decision/vote.ts';
import { eventsOf } from '../../lib/hold/ledger.ts';
import { aSite, type Site } from './site.ts';

/** What became of votes that were sent many times at once. */
export type ReplayAttack = {
  readonly replays: number;
  readonly requests: number;
  /** Answers by what they were. */
  readonly answers: { readonly [status: number]: number };
  /** Replays of which not exactly one was recorded, once in the votes and once in the events, or whose receipt is another's. */
  readonly wrong: readonly string[];
};

/** Sends one vote `parallel` times at once through its one link, each time with other words, `replays` times over. */
export async function attackReplays(
  replays: number,
  parallel: number,
  over: Parameters<typeof aSite>[0] = {},
): Promise<ReplayAttack> {
  let site = await aSite(over);
  const wrong: string[] = [];
  const answers: { [status: number]: number } = {};
  for (let n = 0; n < replays; n += 1) {
    // A hold of thousands of events is another story: each half hundred has one of its own.
    if (n > 0 && n % perSite === 0) site = await aSite(over);
    site.world.clock.advance(31_000); // an authenticator's code is good once
    const ballot = ballots[n % ballots.length] ?? ballots[0];
    const before = await votedOf(site);
    const link = await site.link('rui');
    const form = await site.form('rui', link, { ...ballot, reason: `replay ${n} copy` });
    const forms = Array.from({ length: parallel }, (_, at) => form.replace('copy', `copy+${at}+`));
    const replies = await Promise.all(forms.map((form) => site.post(link, form)));
    const pages = await Promise.all(replies.map(async (reply) => ({ status: reply.status, text: await reply.text() })));
    for (const { status } of pages) answers[status] = (answers[status] ?? 0) + 1;
    const receipts = pages.filter(({ text }) => text.includes('<h1>Recorded'));
    const voted = (await votedOf(site)).slice(before.length);
    const [reason] = voted;
    const isRight =
      receipts.length === 1 &&
      voted.length === 1 &&
      receipts[0]?.text.includes(`<dd>${reason}</dd>`) === true &&
      (await keptReason(site)) === reason;
    if (!isRight) wrong.push(`${ballot.action} ${n}: ${receipts.length} receipts, ${voted.length} recorded`);
  }
  return { replays, requests: replays * parallel, answers, wrong };
}

/** Replays on one hold. */
const perSite = 50;

/** Two that take effect at once, and one with the authenticator that waits for a second person. */
const ballots = [
  { action: 'more-time', hours: '1' },
  { action: 'workaround-accepted', condition: 'one-click pay is off', until: '2026-12-09' },
  { action: 'keep-halted' },
] as const;

/** The reasons of all votes in the events, in order. */
async function votedOf({ world, holdId }: Site): Promise<readonly string[]> {
  const events = await eventsOf(world.ports.table, holdId);
  return events.filter(({ kind }) => kind === 'voted').map(({ data }) => String(data.reason));
}

/** The reason of the vote that rui has on the newest revision that has one. */
async function keptReason({ world, holdId }: Site): Promise<string | undefined> {
  return (await votesOn(world.ports.table, holdId)).findLast(({ personId }) => personId === 'rui')?.reason;
}
