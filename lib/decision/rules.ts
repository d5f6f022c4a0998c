import type { Action, Hold } from '../hold/hold.ts';
import type { Person, Role, Service } from '../policy/policy.ts';

/** The decisions that can be taken, in the order in which the page offers them. */
export const offeredActions = [
  'remediation-approved',
  'workaround-accepted',
  'risk-accepted',
  'roll-back',
  'dispute-confirmed',
  'dispute-refused',
  'dispute',
  'reassess',
  'change-plan',
  'more-time',
  'keep-halted',
] as const satisfies readonly Action[];
export type OfferedAction = (typeof offeredActions)[number];

/** The form fields that an action can need. */
export const fieldNames = [
  'release',
  'reference',
  'hours',
  'until',
  'condition',
  'scope',
  'vector',
  'evidenceKept',
  'evidenceKeptBy',
  'fix',
  'test',
  'workaround',
  'owner',
] as const;
export type FieldName = (typeof fieldNames)[number];

/** What an action asks for. Each seat is taken by another person who has one of its roles. */
export type ActionRule = {
  readonly seats: readonly (readonly Role[])[];
  readonly fields: readonly FieldName[];
  /** 1: the hold's code typed. 2: also the person's authenticator, or a signed-in identity. 3: that from each voter. */
  readonly level: 1 | 2 | 3;
  /** May let the release go: the release's author has no part in it. */
  readonly resumes: boolean;
  /** What the vote is for: `release`, the one execution and digest that the voter saw; `hold`, its findings, severity and plan. */
  readonly boundTo: 'release' | 'hold';
};

/** Whether an action makes sense on a hold as it is. */
export function isOffered(action: OfferedAction, hold: Hold): boolean {
  switch (action) {
    case 'dispute-confirmed':
    case 'dispute-refused':
      return hold.dispute?.state === 'open';
    // Of these kinds the label counts alone: a vector would change nothing.
    case 'dispute':
    case 'reassess':
      return hold.problem.kind !== 'posture' && hold.problem.kind !== 'threat';
    case 'roll-back':
      // Nobody goes back before somebody looked where to, and what that brings back.
      return hasEntered(hold) ? hold.wayBack !== null : hold.release?.position === 'waiting';
    default:
      return true;
  }
}

/** Whether the flaw is in what already runs, or in a release that is inside the stage: then taking it out is a rollback. */
export function hasEntered(hold: Hold): boolean {
  return hold.evidence === 'behind-stage' || hold.release?.position === 'in-stage';
}

/** The rule of an action on a hold (architecture: links and decisions). */
export function ruleOf(action: OfferedAction, hold: Hold): ActionRule {
  switch (action) {
    case 'remediation-approved':
      return remediationRule(hold);
    case 'workaround-accepted':
      return letsGo(hold, [['release-manager'], ['security']], ['condition', 'until'], 2);
    case 'risk-accepted':
      return letsGo(hold, [['risk-owner'], ['release-manager', 'security']], ['until', 'scope'], 3);
    case 'roll-back':
      return {
        ...alone(['release-manager'], hasEntered(hold) ? ['evidenceKept', 'evidenceKeptBy'] : [], 2),
        boundTo: 'release',
      };
    case 'dispute-confirmed':
      return { ...alone(['security'], [], 2), resumes: true };
    case 'dispute-refused':
      return alone(['security'], [], 2);
    case 'dispute':
      return alone(['developer'], ['vector'], 1);
    case 'reassess':
      return alone(['security'], ['vector'], 2);
    case 'change-plan':
      return alone(['security', 'developer'], ['fix', 'test', 'workaround', 'owner'], 1);
    case 'more-time':
      return alone(['release-manager', 'security', 'developer'], ['hours'], 1);
    case 'keep-halted':
      return alone(['release-manager', 'security'], [], 1);
    default:
      return action satisfies never;
  }
}

/** One person of these roles decides, and it lets nothing go by itself. */
function alone(seat: readonly Role[], fields: readonly FieldName[], level: 1 | 2): ActionRule {
  return { seats: [seat], fields, level, resumes: false, boundTo: 'hold' };
}

/**
 * Before the stage a scan proves the fix. Elsewhere people attest it for one named release; of a flaw that a
 * person reported, someone of security does.
 */
function remediationRule(hold: Hold): ActionRule {
  if (hold.evidence === 'before-stage') return { ...alone(['release-manager', 'security'], [], 2), resumes: true };
  const first: readonly Role[] = hold.evidence === 'ordered' ? ['security'] : ['release-manager', 'security'];
  // Bound to the release that it names, which may come up only after the vote.
  return { ...letsGo(hold, [first], ['release', 'reference'], 2), boundTo: 'hold' };
}

/** Lets a release go that may have the flaw: who does not know its author needs one vote more, from security. */
function letsGo(hold: Hold, seats: ActionRule['seats'], fields: readonly FieldName[], level: 2 | 3): ActionRule {
  const isAuthorKnown = hold.release !== null && hold.release.author !== null;
  return {
    seats: isAuthorKnown ? seats : [...seats, ['security']],
    fields,
    level,
    resumes: true,
    boundTo: 'release',
  };
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

/**
 * Whether the person wrote the release that the hold holds up, as far as that is known. A pipeline says it as it likes:
 * an address, a name with one, several of them; whoever is named among the words is an author.
 */
export function isAuthor(person: Person, hold: Hold): boolean {
  const author = hold.release?.author?.trim().toLowerCase() ?? '';
  const named = new Set([author, ...author.split(/[\s<>()"',;]+/)]);
  return [person.id, person.email, ...person.git].some((name) => name !== undefined && named.has(name.toLowerCase()));
}

/** Whether the person brought the severity that waits to be confirmed: nobody confirms their own. */
export function isOwnDispute(action: OfferedAction, person: Pick<Person, 'id'>, hold: Hold): boolean {
  return action === 'dispute-confirmed' && hold.dispute?.author === person.id;
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
