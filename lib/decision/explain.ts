import { untrusted } from '../finding/untrusted.ts';
import type { HoldEvent } from '../hold/hold.ts';
import { changeHold, eventsOf } from '../hold/ledger.ts';
import { type DecideDeps, isFromItsPage, openLink } from './decide.ts';

/** What a person did to a held stage outside of stopship, and is asked why; null when nothing, or when they have said. */
export function askedWhy(events: readonly HoldEvent[], personId: string): HoldEvent | null {
  const own = events.filter(({ actor }) => actor === personId);
  const last = own.findLast(({ kind, data }) => kind === 'foreign-change' && data.through === null);
  const said = own.findLast(({ kind }) => kind === 'explained');
  return last === undefined || (said !== undefined && said.n > last.n) ? null : last;
}

/** What became of an answer. `refused`: the link is dead, the page too old, nothing is asked, or nothing was said. */
export type Explained = 'recorded' | 'empty' | 'refused';

/**
 * Records why a person worked around a halt, on its hold. It decides nothing and uses no link up. Said once: the same form
 * sent again is refused.
 */
export async function explain(
  deps: DecideDeps,
  token: string,
  answer: { readonly nonce: string; readonly reason: string },
): Promise<Explained> {
  const opened = await openLink(deps, token);
  if (opened.status !== 'live' || !(await isFromItsPage(deps, opened.link, answer.nonce))) return 'refused';
  const { hold, person } = opened.seat;
  const reason = untrusted(answer.reason);
  const call = askedWhy(await eventsOf(deps.table, hold.id), person.id);
  if (call === null) return 'refused';
  if (reason === '') return 'empty';
  const after = await changeHold(deps.table, hold.id, deps.clock.now, (current) =>
    current.status === 'closed'
      ? null
      : {
          happenings: [{ kind: 'explained', actor: person.id, data: { what: call.data.what ?? '', reason } }],
          also: [{ put: { pk: `HOLD#${hold.id}`, sk: `EXPLAINED#${call.n}`, reason }, when: { absent: 'reason' } }],
        },
  );
  return after.status === 'closed' ? 'refused' : 'recorded';
}
