import type { Finding } from '../finding/finding.ts';
import type { Intelligence } from '../risk/known-exploited.ts';
import { servicesFor } from './binding.ts';
import { waiverFor } from './judge.ts';
import { type Judgeable, judged } from './judged.ts';
import type { PolicyInForce, PolicyWaiver, Service } from './policy.ts';
import { problemOf } from './problem.ts';
import { type Held, type Side, type Sides, TriedHolds } from './tried-holds.ts';

/** What is tried: a policy, by itself or against the one that it would replace, on what is known of threats now. */
export type Trial = {
  readonly policy: PolicyInForce;
  readonly against: PolicyInForce | null;
  readonly intelligence: Intelligence;
};

/** Holds before and after. `audit` are those that the policy would only record. Time in milliseconds. */
export type Tally = {
  readonly before: number;
  readonly after: number;
  readonly gained: number;
  readonly lost: number;
  readonly kept: number;
  readonly audit: number;
  readonly msBefore: number;
  readonly msAfter: number;
};
export type NamedTally = Tally & { readonly name: string };

/** What a policy would have done about findings. */
export type Backtest = {
  readonly findings: {
    readonly open: number;
    readonly notOpen: number;
    /** Above the line, but no service claims them: nothing can be halted. */
    readonly unclaimed: number;
  };
  readonly holds: Tally;
  /** A hold has one service, and counts under each of its rules and vulnerabilities. Those that change most come first. */
  readonly services: readonly NamedTally[];
  readonly rules: readonly NamedTally[];
  readonly vulnerabilities: readonly NamedTally[];
  /** Services without a plan, and how long a hold of theirs was taken to last. */
  readonly assumed: readonly { readonly service: string; readonly ms: number }[];
  /** Waivers of the policy that let nothing pass, because nothing needed them or because they have ended. */
  readonly waivers: readonly { readonly waiver: PolicyWaiver; readonly state: 'unused' | 'ended' }[];
};

/** A backtest under way: findings are added one by one, and the report is there at any time. */
export type RunningBacktest = { readonly add: (finding: Finding) => void; readonly report: () => Backtest };

/** Name under which holds stand that have no public id. */
export const unnamed = 'no public id';

/**
 * Counts what policies would do about findings. A hold is one per problem and stage, as on the line, so that many findings of
 * one package are one hold; one that comes back later is not counted again. Only open findings halt. Remembers the problems
 * that would be held, not the findings: the memory it takes grows with the halts alone.
 *
 * A hold lasts as long as its service's plan (fix and test) or, without one, until its deadline. Times are added up as if one
 * hold came after another: holds that overlap on a stage stop it for less.
 */
export function backtest(trial: Trial): RunningBacktest {
  const { policy, against, intelligence } = trial;
  const holds = new TriedHolds();
  const used = new Set<PolicyWaiver>();
  const counts = { open: 0, notOpen: 0, unclaimed: 0 };
  function add(finding: Finding): void {
    if (finding.state !== 'open') {
      counts.notOpen += 1;
      return;
    }
    counts.open += 1;
    if (against !== null)
      hold(holds, 'before', { finding, services: servicesFor(finding, against), policy: against, intelligence });
    const services = servicesFor(finding, policy);
    hold(holds, 'after', { finding, services, policy, intelligence });
    if (services.length === 0 && isAboveLine(judged({ finding, service: null, policy, intelligence }).verdict))
      counts.unclaimed += 1;
    for (const waiver of waiversUsed({ finding, services, policy, intelligence })) used.add(waiver);
  }
  return { add, report: () => reportOf(trial, holds, used, { ...counts }) };
}

/** A finding with the services that claim it under a policy. */
type Claimed = Omit<Judgeable, 'service'> & { readonly services: readonly Service[] };

function isAboveLine({ verdict, wouldHalt }: ReturnType<typeof judged>['verdict']): boolean {
  return verdict === 'halt' || wouldHalt;
}

function hold(holds: TriedHolds, side: Side, { finding, services, policy, intelligence }: Claimed): void {
  for (const service of services) {
    const { verdict } = judged({ finding, service, policy, intelligence });
    if (!isAboveLine(verdict)) continue;
    const rules = [...new Set(verdict.reasons.map(({ because }) => because))];
    const held = { service, ms: lengthOf(service, policy).ms, isAudit: verdict.wouldHalt, rules };
    holds.add(problemOf(finding, stageOf(service)).hash, side, held, finding.vulnerabilityId ?? unnamed);
  }
}

function stageOf({ pipeline: { account, region, name, stage } }: Service): string {
  return `${account}/${region}/${name}/${stage}`;
}

function lengthOf({ plan, clock }: Service, policy: PolicyInForce): { readonly ms: number; readonly isPlan: boolean } {
  const isPlan = plan?.fix !== undefined || plan?.test !== undefined;
  return { ms: isPlan ? (plan?.fix ?? 0) + (plan?.test ?? 0) : (clock?.deadline ?? policy.clock.deadline), isPlan };
}

/** A waiver is used when the finding would halt, or would in audit mode, but for it. */
function waiversUsed({ finding, services, policy, intelligence }: Claimed): readonly PolicyWaiver[] {
  return services.flatMap((service) => {
    const waiver = waiverFor(finding, service, policy, intelligence.now);
    if (waiver === undefined) return [];
    const { verdict } = judged({ finding, service, policy: { ...policy, waivers: [] }, intelligence });
    return isAboveLine(verdict) ? [waiver] : [];
  });
}

function reportOf(
  { policy, against, intelligence: { now } }: Trial,
  holds: TriedHolds,
  used: ReadonlySet<PolicyWaiver>,
  findings: Backtest['findings'],
): Backtest {
  const all = noTally();
  const assumed = new Map<string, number>();
  const [services, rules, vulnerabilities] = [new Tallies(), new Tallies(), new Tallies()];
  for (const hold of holds.all()) {
    const held = hold.after ?? hold.before;
    count(all, hold);
    services.count(held === null ? [] : [held.service.name], hold);
    rules.count(held?.rules ?? [], hold);
    vulnerabilities.count(hold.vulnerabilities, hold);
    if (against !== null) assume(assumed, hold.before, against);
    assume(assumed, hold.after, policy);
  }
  return {
    findings,
    holds: all,
    services: services.sorted(),
    rules: rules.sorted(),
    vulnerabilities: vulnerabilities.sorted(),
    assumed: [...assumed].map(([service, ms]) => ({ service, ms })),
    waivers: policy.waivers
      .filter((waiver) => !used.has(waiver))
      .map((waiver) => ({ waiver, state: waiver.until < now ? 'ended' : 'unused' })),
  };
}

/** Notes a service without a plan, whose holds were taken to last until their deadline. */
function assume(assumed: Map<string, number>, held: Held | null, policy: PolicyInForce): void {
  if (held !== null && !lengthOf(held.service, policy).isPlan) assumed.set(held.service.name, held.ms);
}

type Counts = { -readonly [count in keyof Tally]: number };

/** Counts by name. */
class Tallies {
  readonly #byName = new Map<string, Counts & { readonly name: string }>();

  count(names: readonly string[], hold: Sides): void {
    for (const name of names) {
      const tally = this.#byName.get(name) ?? { name, ...noTally() };
      this.#byName.set(name, tally);
      count(tally, hold);
    }
  }

  sorted(): readonly NamedTally[] {
    return [...this.#byName.values()].sort(mostChangedFirst);
  }
}

function noTally(): Counts {
  return { before: 0, after: 0, gained: 0, lost: 0, kept: 0, audit: 0, msBefore: 0, msAfter: 0 };
}

function count(tally: Counts, { before, after }: Sides): void {
  const did = before?.isAudit === false;
  const does = after?.isAudit === false;
  tally.before += Number(did);
  tally.after += Number(does);
  tally.gained += Number(does && !did);
  tally.lost += Number(did && !does);
  tally.kept += Number(did && does);
  tally.audit += Number(after?.isAudit === true);
  tally.msBefore += did ? before.ms : 0;
  tally.msAfter += does ? after.ms : 0;
}

function mostChangedFirst(one: NamedTally, other: NamedTally): number {
  const change = other.gained + other.lost - one.gained - one.lost;
  const size = other.after + other.audit - one.after - one.audit;
  return change || size || (one.name < other.name ? -1 : 1);
}
