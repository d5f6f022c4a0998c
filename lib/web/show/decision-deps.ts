import { z } from 'zod';
import type { Ports } from '../../aws/ports.ts';
import { Ballot } from '../../decision/ballot.ts';
import { openLink, voteByLink } from '../../decision/decide.ts';
import { explain } from '../../decision/explain.ts';
import { askForLink } from '../../decision/notify.ts';
import { votesOn } from '../../decision/vote.ts';
import { Instant, later } from '../../finding/instant.ts';
import type { DecisionDeps, DecisionForm } from '../decision-app.ts';
import { type DeadLinkView, type DecisionView, type FormField, formFields, type ReceiptView } from '../views.ts';
import { deadLinkOf, isRenewable, overView, unknownLink } from './dead-link.ts';
import { decisionViewOf, type Entered } from './decision-view.ts';
import { recordOf } from './hold-view.ts';
import { receiptOf } from './receipt.ts';

/** What the decision pages need. */
export type DecisionPorts = Pick<Ports, 'table' | 'clock' | 'chance' | 'vault' | 'policy'>;

/** The steps behind the decision pages. They touch the partitions of links, people and holds and nothing else, as their role on AWS does. */
export function decisionSteps(ports: DecisionPorts): Pick<DecisionDeps, 'open' | 'vote' | 'renew'> {
  return {
    open: (token, isWhole = false) => show(ports, token, { typed: {}, errors: {}, isWhole }),
    vote: (token, form) => record(ports, token, form),
    renew: (token) => renew(ports, token),
  };
}

async function show(ports: DecisionPorts, token: string, entered: Entered): Promise<DecisionView | DeadLinkView> {
  const opened = await openLink(ports, token);
  switch (opened.status) {
    case 'wrong':
      return unknownLink;
    case 'dead':
      return deadLinkOf(opened);
    case 'live': {
      const { hold } = opened.seat;
      if (hold.status === 'closed') return overView(hold);
      return decisionViewOf(opened, await recordOf(ports, hold), ports.policy, ports.clock.now(), entered);
    }
    default:
      return opened satisfies never;
  }
}

async function record(
  ports: DecisionPorts,
  token: string,
  form: DecisionForm,
): Promise<ReceiptView | DecisionView | DeadLinkView> {
  if (form.action === 'explain') return await explained(ports, token, form);
  const voted = await voteByLink(ports, token, Ballot.parse(form));
  switch (voted.status) {
    case 'recorded':
      return receiptOf(voted, await votesOn(ports.table, voted.hold.id), ports.policy);
    case 'errors':
      return await show(ports, token, { typed: keptOf(form), errors: errorsOf(voted.errors) });
    case 'dead':
      return deadLinkOf(voted);
    case 'wrong':
      return unknownLink;
    default:
      return voted satisfies never;
  }
}

/** The answer of who worked around the halt: it decides nothing, and the page goes on. */
async function explained(
  ports: DecisionPorts,
  token: string,
  { nonce = '', reason = '' }: DecisionForm,
): Promise<DecisionView | DeadLinkView> {
  const explained = await explain(ports, token, { nonce, reason });
  const errors = {
    recorded: {},
    empty: { form: 'Say why: it stays on the record.' },
    refused: {
      form: 'Your reason was not recorded: it is there already, or this page is too old. Open your link again.',
    },
  }[explained];
  return await show(ports, token, { typed: {}, errors, hasSaidWhy: explained === 'recorded' });
}

/** What may stand in the form again: neither a code that is good once nor the page's own nonce. */
function keptOf(form: DecisionForm): DecisionView['typed'] {
  const { totp: _, nonce: __, ...kept } = form;
  return kept;
}

/** Errors by the form's fields; those of no field that a person sees are of the whole form. */
function errorsOf(errors: { readonly [field: string]: string }): DecisionView['errors'] {
  const visible: readonly FormField[] = formFields.filter((field) => field !== 'nonce');
  const placed = Object.entries(errors).map(([name, text]) => [
    visible.find((field) => field === name) ?? 'form',
    text,
  ]);
  return Object.fromEntries(placed);
}

/** Mails that one person can cause by asking for links about one hold, in an hour. */
const renewalsPerHour = 5;

async function renew(ports: DecisionPorts, token: string): Promise<void> {
  const opened = await openLink(ports, token);
  if (opened.status !== 'dead' || !isRenewable(opened.why, opened.hold)) return;
  const { holdId, personId } = opened.link;
  const since = later(ports.clock.now(), -3_600_000);
  const sent = (await ports.table.query(`HOLD#${holdId}`, 'TOLD#renew-')).map((item) => Sent.parse(item));
  if (sent.filter((one) => one.personId === personId && one.at >= since).length >= renewalsPerHour) return;
  await askForLink(ports, holdId, personId);
}

const Sent = z.object({ personId: z.string(), at: Instant });
