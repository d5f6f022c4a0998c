import { Ballot } from '../../lib/decision/ballot.ts';
import { voteSignedIn } from '../../lib/decision/decide.ts';
import { offeredActions } from '../../lib/decision/rules.ts';
import { sweep } from '../../lib/decision/sweep.ts';
import type { Finding } from '../../lib/finding/finding.ts';
import { later } from '../../lib/finding/instant.ts';
import { dispatch, dispatchReconcile } from '../../lib/hold/dispatch.ts';
import { StageNotSettled } from '../../lib/hold/halt-stage.ts';
import { intake } from '../../lib/hold/intake.ts';
import { openHolds } from '../../lib/hold/ledger.ts';
import { type OutboxItem, undoneErrands } from '../../lib/hold/outbox.ts';
import { LedgerConflict } from '../../lib/hold/table.ts';
import { personArn, type SimulatedStage } from './pipelines.ts';
import { Killed } from './scheduler.ts';
import { CallFailed } from './seam.ts';
import type { World } from './world.ts';
import { voters } from './world-policy.ts';

/** What can happen in a run, each called when the scheduler draws it. */
export type Story = {
  /** Something happens. */
  happen(): Promise<void>;
  /** While a stage resumes, something new is found: the schedules in which controllers lose holds. */
  interfere(): void;
  /** The stream brings one errand, perhaps one that is under way already. */
  deliverOne(): Promise<void>;
  /**
   * What the scanner said and nobody took in yet comes in, and so do errands of the outbox that were not brought lately.
   * False when there was nothing to bring.
   */
  deliverAll(): Promise<boolean>;
  sweepOnce(): void;
};

/** What people vote for: mostly what lets releases go, or hardly any hold would close. */
const votedFor = [
  ...offeredActions,
  ...(['remediation-approved', 'risk-accepted'] as const).flatMap((action) => Array.from({ length: 8 }, () => action)),
];

/** The stream brings a failed errand again after this, in milliseconds. */
const bringAgainAfter = 10_000;

/** The happenings of a world: scanners, developers, people in the console, voters, deliveries and the sweep. */
export function storyOf(world: World): Story {
  const { random, pipelines, scanner, scheduler, log, ledger, invariants } = world;
  /** Reports on their way; taken in at any time, in any order, some twice. */
  let queue: Finding[] = [];
  let releases = 0;
  // New flaws and mending come by turns, or no hold would ever be the last one of its stage.
  let isMending = false;
  // Half of the runs have one problem and nobody in the console, so that holds come, go and come again.
  const isNarrow = random.is(0.5);
  const problems = ['log4j-core', 'certifi', 'openssl'].slice(0, isNarrow ? 1 : 1 + random.below(3));
  const images = isNarrow ? 1 : 1 + random.below(3);
  /** When an errand that still lies there is brought once more. */
  const again = new Map<string, number>();

  for (const stage of pipelines.stages) release(stage, digestOf(0));

  /** Runs a function in the background; what it threw must be something that it is allowed to throw. */
  function start(name: string, act: Parameters<World['call']>[1], otherwise: () => void = () => undefined): void {
    world.call(name, act).catch((error: unknown) => {
      otherwise();
      if (isExpected(error)) log.say(name, `gave up: ${error instanceof Error ? error.message : ''}`);
      else
        log.violate(
          'crash',
          `${name}: ${error instanceof Error ? (error.stack ?? '').split('\n', 3).join(' ') : String(error)}`,
        );
    });
  }

  function release(stage: SimulatedStage, digest: string): void {
    releases += 1;
    const id = `release-${String(releases).padStart(4, '0')}`;
    if (stage.waiting !== null) log.reach('release superseded');
    pipelines.arrive(stage, { id, digest, author: random.is(0.7) ? 'dee' : null });
    log.say('developer', `${id} waits before ${stage.address.name} with ${digest.slice(0, 15)}`);
  }

  function scannerSpeaks(state: 'open' | 'closed'): void {
    const stage = random.pick(pipelines.stages);
    const released = [stage.waiting, stage.inside, stage.passed].flatMap((one) => (one === null ? [] : [one.digest]));
    const digest = random.pick([digestOf(0), ...released]);
    const finding = scanner.report(stage.address.name, random.pick(problems), digest, state);
    queue.push(finding);
    if (random.is(0.3)) queue.push(finding);
    log.say('scanner', `${finding.packages[0]?.name} in ${stage.address.name} ${digest.slice(0, 15)} is ${state}`);
  }

  /** Developers fix a service: everything open on it closes. */
  function fix(stage: SimulatedStage): void {
    for (const finding of scanner.findings()) {
      const digest = finding.resources[0]?.digest ?? null;
      const name = finding.packages[0]?.name;
      const isOpenHere = finding.state === 'open' && finding.resources[0]?.id.includes(`/${stage.address.name}/`);
      if (!isOpenHere || digest === null || name === undefined) continue;
      queue.push(scanner.report(stage.address.name, name, digest, 'closed'));
      log.say('scanner', `${name} in ${stage.address.name} ${digest.slice(0, 15)} is closed`);
    }
  }

  function fixAll(): void {
    for (const stage of pipelines.stages) fix(stage);
  }

  function findNow(): void {
    scannerSpeaks('open');
    takeIn();
  }

  function turnTide(): void {
    isMending = !isMending;
    if (!isMending) return;
    fixAll();
    while (random.is(0.9) && queue.length > 0) takeIn();
  }

  function takeIn(): void {
    const count = 1 + random.below(3);
    const batch: Finding[] = [];
    while (batch.length < count && queue.length > 0) {
      const finding = random.pick(queue);
      queue = queue.filter((one) => one !== finding);
      batch.push(finding);
    }
    if (batch.length === 0) return;
    start(
      'intake',
      (ports) =>
        intake(
          ports,
          batch.map((finding) => ({ status: 'finding', finding })),
        ),
      () => queue.push(...batch),
    );
  }

  function deliver(item: OutboxItem): void {
    if (item.errand.kind !== 'reconcile') start('dispatch', (ports) => dispatch(ports, item));
    else
      start('stage', async (ports) => {
        if (world.design.name === 'production' || world.design.name === 'no-lease')
          return await dispatchReconcile(ports, item);
        return item.errand.kind === 'reconcile' && (await world.design.reconcile(ports, item.errand.stage));
      });
  }

  function sweepOnce(): void {
    start('sweep', async (ports) => {
      const { failures } = await sweep(ports);
      for (const failure of failures) log.say('sweep', failure);
    });
  }

  async function vote(): Promise<void> {
    const holds = await openHolds(ledger);
    if (holds.length === 0) return;
    const hold = random.pick(holds);
    const personId = random.pick(voters);
    const waiting = pipelines.stage(hold.stage).waiting?.id ?? 'release-none';
    const ballot = Ballot.parse({
      ...{ action: random.pick(votedFor), reason: 'because' },
      ...{ release: waiting, reference: 'CHG-1', hours: '2', condition: 'switched off', scope: 'this release' },
      ...{ until: later(scheduler.now(), 86_400_000).slice(0, 10), confirmation: '', totp: '', nonce: '' },
    });
    log.say(personId, `votes ${ballot.action} on ${hold.id} at revision ${hold.revision}`);
    // A vote whose answer was lost was cast all the same.
    for (const revision of [hold.revision, hold.revision + 1, hold.revision + 2])
      invariants.voted(hold.id, personId, ballot.action, revision);
    start('decide', async (ports) => {
      const voted = await voteSignedIn(ports, hold.id, personId, ballot);
      log.reach(`vote ${voted.status}`);
    });
  }

  async function move(stage: SimulatedStage): Promise<void> {
    if (stage.inside !== null) {
      stage.passed = stage.inside;
      stage.inside = null;
      return;
    }
    if (!stage.enabled || stage.waiting === null) return;
    await invariants.entering(stage);
    log.say('pipeline', `${stage.waiting.id} enters ${stage.address.name}`);
    stage.inside = stage.waiting;
    stage.waiting = null;
    log.reach('release entered');
  }

  function console(stage: SimulatedStage): void {
    const enabled = random.is(0.5);
    log.say('eva', `${enabled ? 'enables' : 'disables'} ${stage.address.name} in the console`);
    log.reach(enabled ? 'enable by a person' : 'disable by a person');
    pipelines.turn(stage, enabled, personArn, enabled ? '' : 'code freeze');
  }

  const happenings: readonly (readonly [weight: number, happen: () => Promise<void> | void])[] = [
    [3, () => (isMending ? fixAll() : scannerSpeaks('open'))],
    [3, () => scannerSpeaks('closed')],
    [10, takeIn],
    [3, () => (isMending ? takeIn() : findNow())],
    [5, turnTide],
    [3, () => release(random.pick(pipelines.stages), digestOf(random.below(images)))],
    [6, () => move(random.pick(pipelines.stages))],
    [3, () => scanner.scan(digestOf(random.below(images)))],
    [isNarrow ? 0 : 0.3, () => scanner.forget(digestOf(random.below(images)))],
    [isNarrow ? 0 : 0.7, () => console(random.pick(pipelines.stages))],
    [isNarrow ? 0 : 4, vote],
    [3, sweepOnce],
    [1, () => void [sweepOnce(), sweepOnce(), log.reach('two sweeps at once')]],
    [0.5, () => void (world.engine.abort() && log.reach('workflow ended'))],
    [3, () => scheduler.pass(random.below(60_000))],
    [isNarrow ? 0 : 0.3, () => scheduler.pass(random.below(20 * 3_600_000))],
  ];
  const weights = happenings.reduce((sum, [weight]) => sum + weight, 0);

  async function drawn<T>(list: Promise<readonly T[]>, act: (one: T) => void): Promise<void> {
    const all = await list;
    if (all.length > 0) act(random.pick(all));
  }

  return {
    async happen() {
      let left = random.fraction() * weights;
      const found = happenings.find(([weight]) => {
        left -= weight;
        return left < 0;
      });
      await found?.[1]();
    },
    interfere() {
      if (!scheduler.functions().some(({ name }) => name.startsWith('resume-'))) return;
      log.reach('finding while a stage resumes');
      findNow();
    },
    deliverOne: () => drawn(undoneErrands(ledger, 20), deliver),
    async deliverAll() {
      const due = (await undoneErrands(ledger, 100)).filter(
        ({ pk, sk }) => scheduler.elapsed() >= (again.get(`${pk} ${sk}`) ?? 0),
      );
      const isBusy = due.length > 0 || queue.length > 0;
      while (queue.length > 0) takeIn();
      for (const item of due) {
        again.set(`${item.pk} ${item.sk}`, scheduler.elapsed() + bringAgainAfter);
        deliver(item);
      }
      return isBusy;
    },
    sweepOnce,
  };
}

function digestOf(n: number): string {
  return `sha256:${String(n).repeat(64)}`;
}

function isExpected(error: unknown): boolean {
  return [Killed, CallFailed, LedgerConflict, StageNotSettled].some((kind) => error instanceof kind);
}
