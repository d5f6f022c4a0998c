import type { Action, Hold } from '../hold/hold.ts';
import type { Person, Role, Service } from '../policy/policy.ts';

/** The decisions that can be taken on a page today, in the order in which the page offers them. */
export const offeredActions = [
  'remediation-approved',
  'workaround-accepted',
  'risk-accepted',
  'more-time',
  'keep-halted',
] as const satisfies readonly Action[];
export type OfferedAction = (typeof offeredActions)[number];

/** The form fields that an action can need. */
export const fieldNames = ['release', 'reference', 'hours', 'until', 'condition', 'scope'] as const;
export type FieldName = (typeof fieldNames)[number];

/** What an action asks for. Each seat is taken by another person who has one of its roles. */
export type ActionRule = {
  readonly seats: readonly (readonly Role[])[];
  readonly fields: readonly FieldName[];
  /** 1: the hold's code typed. 2: also the person's authenticator, or a signed-in identity. 3: that from each voter. */
  readonly level: 1 | 2 | 3;
  /** Lets the release go: the release's author has no part in it. */
  readonly resumes: boolean;
};

/** The rule of an action on a hold (architecture: links and decisions). */
export function ruleOf(action: OfferedAction, hold: Hold): ActionRule {
  switch (action) {
    case 'remediation-approved':
      return remediationRule(hold);
    case 'workaround-accepted':
      return letsGo(hold, [['release-manager'], ['security']], ['condition', 'until'], 2);
    case 'risk-accepted':
      return letsGo(hold, [['risk-owner'], ['release-manager', 'security']], ['until', 'scope'], 3);
    case 'more-time':
      return { seats: [['release-manager', 'security', 'developer']], fields: ['hours'], level: 1, resumes: false };
    case 'keep-halted':
      return { seats: [['release-manager', 'security']], fields: [], level: 1, resumes: false };
    default:
      return action satisfies never;
  }
}

/**
 * Before the stage a scan proves the fix. Elsewhere people attest it for one named release; of a flaw that a
 * person reported, someone of security does.
 */
function remediationRule(hold: Hold): ActionRule {
  if (hold.evidence === 'before-stage')
    return { seats: [['release-manager', 'security']], fields: [], level: 2, resumes: true };
  const first: readonly Role[] = hold.evidence === 'ordered' ? ['security'] : ['release-manager', 'security'];
  return letsGo(hold, [first], ['release', 'reference'], 2);
}

/** Lets a release go that may have the flaw: who does not know its author needs one vote more, from security. */
function letsGo(hold: Hold, seats: ActionRule['seats'], fields: readonly FieldName[], level: 2 | 3): ActionRule {
  const isAuthorKnown = hold.release !== null && hold.release.author !== null;
  return { seats: isAuthorKnown ? seats : [...seats, ['security']], fields, level, resumes: true };
}

/** The roles of a person on a service, in the order of the policy. */
export function rolesOf(person: string, service: Service): readonly Role[] {
  const entries: readonly [Role, readonly string[] | undefined][] = [
    ['security', service.stakeholders.security],
    ['release-manager', service.stakeholders['release-manager']],
    ['developer', service.stakeholders.developer],
    ['product', service.stakeholders.product],
    ['executive', service.stakeholders.executive],
    ['risk-owner', service.stakeholders['risk-owner']],
  ];
  return entries.filter(([, people]) => people?.includes(person)).map(([role]) => role);
}

/** Whether the person wrote the release that the hold holds up, as far as that is known. */
export function isAuthor(person: Person, hold: Hold): boolean {
  const author = hold.release?.author?.toLowerCase();
  return (
    author !== undefined && [person.id, person.email, ...person.git].some((name) => name?.toLowerCase() === author)
  );
}

/** Whether somebody with these roles has a seat in the action. */
export function maySit(rule: ActionRule, roles: readonly Role[]): boolean {
  return rule.seats.some((seat) => seat.some((role) => roles.includes(role)));
}

/** Whether different people can take all seats, each by one of their roles. */
export function isQuorum(
  rule: ActionRule,
  voters: readonly { readonly person: string; readonly roles: readonly Role[] }[],
): boolean {
  const [seat, ...rest] = rule.seats;
  if (seat === undefined) return true;
  return voters.some(
    (voter) =>
      seat.some((role) => voter.roles.includes(role)) &&
      isQuorum(
        { ...rule, seats: rest },
        voters.filter(({ person }) => person !== voter.person),
      ),
  );
}

/** Seats that nobody has taken yet, as phrases of roles; empty when the quorum is complete. */
export function missingSeats(
  rule: ActionRule,
  voters: readonly { readonly person: string; readonly roles: readonly Role[] }[],
): readonly string[] {
  if (isQuorum(rule, voters)) return [];
  const short = rule.seats.filter((seat) => !voters.some(({ roles }) => seat.some((role) => roles.includes(role))));
  return (short.length > 0 ? short : rule.seats.slice(-1)).map((seat) => seat.join(' or '));
}
