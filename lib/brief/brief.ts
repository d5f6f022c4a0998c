import type { Role } from '../policy/policy.ts';
import { developerBrief } from './developer.ts';
import { type Block, emailOf } from './email.ts';
import { executiveBrief } from './executive.ts';
import type { BriefFacts, Occasion } from './facts.ts';
import type { Message } from './notifier.ts';
import { endingOf } from './opening.ts';
import { othersOf } from './others.ts';
import { productBrief } from './product.ts';
import { releaseManagerBrief } from './release-manager.ts';
import { riskOwnerBrief } from './risk-owner.ts';
import { securityBrief } from './security.ts';
import { smsOf } from './sms.ts';
import { subjectOf } from './subject.ts';

/**
 * What one person is told of one hold on one occasion, ready for every channel that reaches them; `others` are further
 * holds of the same stage that the same message speaks of.
 */
export function briefFor(facts: BriefFacts, others: readonly BriefFacts[] = []): Message {
  return {
    personId: facts.person.id,
    holdId: facts.hold.id,
    kind: facts.occasion.kind,
    subject: subjectOf(facts),
    email: emailOf([...(endingOf(facts) ?? byRole[facts.role](facts)), ...othersOf(others)]),
    sms: facts.person.sms !== undefined && wakesPeople[facts.occasion.kind] ? smsOf(facts) : null,
  };
}

const byRole: Readonly<Record<Role, (facts: BriefFacts) => readonly Block[]>> = {
  security: securityBrief,
  'release-manager': releaseManagerBrief,
  developer: developerBrief,
  product: productBrief,
  executive: executiveBrief,
  'risk-owner': riskOwnerBrief,
};

/** What is worth a text message besides the mail. */
const wakesPeople: Readonly<Record<Occasion['kind'], boolean>> = {
  opened: true,
  changed: false,
  reminder: true,
  escalated: true,
  'more-time': false,
  'kept-halted': false,
  'not-yet': false,
  refuted: true,
  resumed: true,
  'not-halted': true,
  'halted-after-alarm': true,
  'plan-changed': false,
  rated: false,
  'worked-around': false,
  'new-link': false,
  disputed: false,
  'dispute-refused': false,
  'rolled-back': true,
};
