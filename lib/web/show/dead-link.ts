import { capital } from '../../brief/plain.ts';
import { standingOf } from '../../brief/standing.ts';
import type { OpenedLink } from '../../decision/decide.ts';
import type { Hold } from '../../hold/hold.ts';
import type { DeadLinkView } from '../views.ts';

/** The answer to a link that is wrong: it tells nothing, whatever was wrong with it. */
export const unknownLink: DeadLinkView = { kind: 'dead', why: 'unknown', at: null, now: null, renewable: false };

/** Why a known link leads nowhere, and what holds now. */
export function deadLinkOf({ why, link, hold }: Extract<OpenedLink, { status: 'dead' }>): DeadLinkView {
  return {
    kind: 'dead',
    why: whys[why],
    at: why === 'used' ? link.usedAt : why === 'ended' ? link.endsAt : why === 'decided' ? closedAt(hold) : null,
    now: nowOf(hold),
    renewable: isRenewable(why, hold),
  };
}

/** A link that still only shows, on a hold that is over: there is nothing left to follow. */
export function overView(hold: Hold): DeadLinkView {
  return { kind: 'dead', why: 'decided', at: closedAt(hold), now: nowOf(hold), renewable: false };
}

/** Whether the hold still needs somebody, and this somebody still has a part in it. */
export function isRenewable(why: Extract<OpenedLink, { status: 'dead' }>['why'], hold: Hold): boolean {
  return why !== 'no-role' && hold.status !== 'closed' && hold.closing === null;
}

const whys = {
  used: 'used',
  locked: 'locked',
  decided: 'decided',
  superseded: 'superseded',
  ended: 'expired',
  'no-role': 'not-entitled',
} as const satisfies Record<Extract<OpenedLink, { status: 'dead' }>['why'], DeadLinkView['why']>;

function nowOf(hold: Hold): string {
  if (hold.status !== 'closed' && hold.closing !== null)
    return `${hold.closing.because}; the way is about to be opened.`;
  return `${capital(standingOf(hold))}.`;
}

function closedAt(hold: Hold): DeadLinkView['at'] {
  return hold.status === 'closed' ? hold.closedAt : null;
}
