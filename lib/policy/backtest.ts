import type { Finding } from '../finding/finding.ts';
import type { Intelligence } from '../risk/known-exploited.ts';
import { servicesFor } from './binding.ts';
import { waiverFor } from './judge.ts';
import { type Judgeable, judged } from './judged.ts';
import type { PolicyInForce, PolicyWaiver, Service } from './policy.ts';
import { problemOf } from './problem.ts';

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

/** Vulnerabilities of one hold that are told apart. */
export const vulnerabilitiesMax = 20;

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
  const problems = new Map<string, Problem>();
  const used = new Set<PolicyWaiver>();
  const counts = { open: 0, notOpen: 0, unclaimed: 0 };
  function add(finding: Finding): void {
    if (finding.state !== 'open') {
      counts.notOpen += 1;
      return;
    }
    counts.open += 1;
    if (against !== null)
      hold(problems, 'before', { finding, services: servicesFor(finding, against), policy: against, intelligence });
    const services = servicesFor(finding, policy);
    hold(problems, 'after', { finding, services, policy, intelligence });
    if (services.length === 0 && isAboveLine(judged({ finding, service: null, policy, intelligence }).verdict))
      counts.unclaimed += 1;
    for (const waiver of waiversUsed({ finding, services, policy, intelligence })) used.add(waiver);
  }
  return { add, report: () => reportOf(trial, [...problems.values()], used, { ...counts }) };
}

/** A hold under one of the policies. */
type Held = { readonly service: Service; readonly ms: number; readonly isAudit: boolean; readonly rules: string[] };
/** A finding with the services that claim it under a policy. */
type Claimed = Omit<Judgeable, 'service'> & { readonly services: readonly Service[] };
type Side = 'before' | 'after';
type Problem = { before: Held | null; after: Held | null; readonly vulnerabilities: string[] };

function isAboveLine({ verdict, wouldHalt }: ReturnType<typeof judged>['verdict']): boolean {
  return verdict === 'halt' || wouldHalt;
}

function hold(problems: Map<string, Problem>, side: Side, { finding, services, policy, intelligence }: Claimed): void {
  for (const service of services) {
    const { verdict } = judged({ finding, service, policy, intelligence });
    if (!isAboveLine(verdict)) continue;
    const { hash } = problemOf(finding, stageOf(service));
    const problem = problems.get(hash) ?? { before: null, after: null, vulnerabilities: [] };
    problems.set(hash, problem);
    problem[side] ??= { service, ms: lengthOf(service, policy).ms, isAudit: verdict.wouldHalt, rules: [] };
    for (const { because } of verdict.reasons) note(problem[side].rules, because);
    if (problem.vulnerabilities.length < vulnerabilitiesMax)
      note(problem.vulnerabilities, finding.vulnerabilityId ?? unnamed);
  }
}

function note(list: string[], text: string): void {
  if (!list.includes(text)) list.push(text);
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
  problems: readonly Problem[],
  used: ReadonlySet<PolicyWaiver>,
  findings: Backtest['findings'],
): Backtest {
  const held = problems.flatMap(({ before, after }) => [
    ...(before === null || against === null ? [] : [{ held: before, policy: against }]),
    ...(after === null ? [] : [{ held: after, policy }]),
  ]);
  const assumed = new Map(
    held.flatMap(({ held: { service, ms }, policy: its }) =>
      lengthOf(service, its).isPlan ? [] : [[service.name, ms] as const],
    ),
  );
  return {
    findings,
    holds: tallyOf(problems),
    services: tallied(problems, ({ before, after }) => [(after ?? before)?.service.name ?? '']),
    rules: tallied(problems, ({ before, after }) => (after ?? before)?.rules ?? []),
    vulnerabilities: tallied(problems, ({ vulnerabilities }) => vulnerabilities),
    assumed: [...assumed].map(([service, ms]) => ({ service, ms })),
    waivers: policy.waivers
      .filter((waiver) => !used.has(waiver))
      .map((waiver) => ({ waiver, state: waiver.until < now ? 'ended' : 'unused' })),
  };
}

function tallied(
  problems: readonly Problem[],
  namesOf: (problem: Problem) => readonly string[],
): readonly NamedTally[] {
  const byName = new Map<string, Problem[]>();
  for (const problem of problems) {
    for (const name of namesOf(problem)) {
      const named = byName.get(name);
      if (named === undefined) byName.set(name, [problem]);
      else named.push(problem);
    }
  }
  return [...byName].map(([name, its]) => ({ name, ...tallyOf(its) })).toSorted(mostChangedFirst);
}

function tallyOf(problems: readonly Problem[]): Tally {
  const tally = { before: 0, after: 0, gained: 0, lost: 0, kept: 0, audit: 0, msBefore: 0, msAfter: 0 };
  for (const { before, after } of problems) {
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
  return tally;
}

function mostChangedFirst(one: NamedTally, other: NamedTally): number {
  const change = other.gained + other.lost - one.gained - one.lost;
  const size = other.after + other.audit - one.after - one.audit;
  return change || size || (one.name < other.name ? -1 : 1);
}
