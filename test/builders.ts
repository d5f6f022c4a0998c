import { TOTP, URI } from 'otpauth';
import { expect } from 'vitest';
import { type OutsidePorts, type Ports, portsOf } from '../lib/aws/ports.ts';
import { newSecrets, vaultOf } from '../lib/aws/vault.ts';
import type { Message, Notifier } from '../lib/brief/notifier.ts';
import { type Ballot, Ballot as BallotForm } from '../lib/decision/ballot.ts';
import { type Voted, voteByLink } from '../lib/decision/decide.ts';
import { enroll } from '../lib/decision/factor.ts';
import type { Coverage, FindingSource, SourceState } from '../lib/decision/findings.ts';
import { notifyStakeholders, remind, tellResumed } from '../lib/decision/notify.ts';
import { learnOrigin } from '../lib/decision/origin.ts';
import { resumeStage } from '../lib/decision/resume.ts';
import { verify } from '../lib/decision/verify.ts';
import { type MemoryTable, memoryTable } from '../lib/embedded/memory-table.ts';
import type { Finding } from '../lib/finding/finding.ts';
import { type Instant, later } from '../lib/finding/instant.ts';
import { awaitDecision } from '../lib/hold/await.ts';
import { dispatch, dispatchReconcile } from '../lib/hold/dispatch.ts';
import { haltStage, StageNotSettled } from '../lib/hold/halt-stage.ts';
import type { Hold } from '../lib/hold/hold.ts';
import { intake, type TakenIn } from '../lib/hold/intake.ts';
import { existingHold } from '../lib/hold/ledger.ts';
import { undoneErrands } from '../lib/hold/outbox.ts';
import type { Chance, ClockPort } from '../lib/hold/ports.ts';
import type { Table, Write } from '../lib/hold/table.ts';
import type { WorkflowEngine } from '../lib/hold/workflow.ts';
import type { PolicyInForce } from '../lib/policy/policy.ts';
import { fileReview } from '../lib/review/file.ts';
import { aService, at, aPolicy as policyOf } from './brief/build-hold.ts';
import { type FakePipeline, fakePipeline, ourRole } from './hold/fake-pipeline.ts';
import { aVector, aFinding as bareFinding, v31 } from './risk/builders.ts';

/** Noon of the day on which the stories of the tests begin. */
export const NOON = at('2026-12-01T12:00:00Z');

/** The stage of the service `checkout`. */
export const stage = aService().pipeline;

/** Digest of the flawed image, and of the one that mends it. */
export const flawedDigest = `sha256:${'a'.repeat(64)}`;
export const mendedDigest = `sha256:${'b'.repeat(64)}`;

/** The golden policy as in force, with a service that says where author and digest of a release are found. */
export function aPolicy(over: Readonly<Record<string, unknown>> = {}): PolicyInForce {
  const policy = policyOf({
    rules: [
      { then: 'halt', because: 'critical', when: { scoreAtLeast: 9 } },
      { then: 'watch', because: 'high', when: { scoreAtLeast: 7 } },
    ],
    ...over,
  });
  return { ...policy, hash: 'f00d' };
}

/** A critical finding on the flawed image of `checkout`, reported at noon. */
export function aFinding(parts: Parameters<typeof bareFinding>[0] = {}): Finding {
  return bareFinding({
    severity: 'critical',
    vectors: [aVector(v31.critical98)],
    updatedAt: NOON,
    ...parts,
  });
}

/** The id of finding number `n`. */
export function findingId(n: number): string {
  return `arn:aws:inspector2:eu-west-1:123456789012:finding/${n}`;
}

/** Everything outside of stopship, in memory, and a driver of the steps. */
export type World = {
  readonly ports: Ports;
  readonly table: MemoryTable;
  readonly calls: { transactions: number; reads: number; readonly written: (readonly Write[])[] };
  readonly clock: ManualClock;
  readonly pipeline: FakePipeline;
  readonly mail: FakeNotifier;
  readonly source: FakeSource;
  readonly engine: FakeEngine;
  /** Takes findings in, as one batch. */
  take(...findings: readonly Finding[]): Promise<readonly TakenIn[]>;
  /** Takes one finding in that opens a hold; its id. */
  halt(finding?: Finding): Promise<string>;
  /** Delivers errands and runs workflows until nothing moves. */
  settle(): Promise<void>;
  /** The clock of a waiting workflow ran out: it reminds, and waits again. */
  timeOut(holdId: string): Promise<void>;
  hold(holdId: string): Promise<Hold>;
  /** The token of the newest link that a person was sent. */
  tokenOf(personId: string): string;
  /** Votes through the newest link of a person, with everything right but `over`. */
  vote(personId: string, ballot: Partial<Ballot>): Promise<Voted>;
  /** The code that a person's authenticator shows now. */
  totp(personId: string): string;
};

/** A world at noon, with everybody enrolled, `checkout` enabled and nothing found yet. */
export async function aWorld(over: Partial<OutsidePorts> = {}): Promise<World> {
  const clock = manualClock(NOON);
  const inner = memoryTable();
  const calls: World['calls'] = { transactions: 0, reads: 0, written: [] };
  const table = counted(inner, calls);
  const pipeline = fakePipeline(clock);
  const mail = fakeNotifier();
  const source = fakeSource();
  const engine = fakeEngine();
  const secrets = newSecrets();
  const chance = seededChance(7);
  const ports = portsOf({
    table,
    pipeline,
    notifier: mail,
    findings: source,
    workflow: engine,
    vault: vaultOf(async () => secrets),
    clock,
    chance,
    policy: aPolicy(),
    publicAddress: () => 'https://stopship.example.com',
    owner: 'test',
    ourRoles: [ourRole],
    ...over,
  });
  const authenticators = new Map<string, TOTP>();
  for (const person of ports.policy.people) {
    const parsed = URI.parse(await enroll(ports, person));
    if (parsed instanceof TOTP) authenticators.set(person.id, parsed);
  }
  // A warm process has read what is known of threats.
  await ports.intelligence();
  calls.transactions = 0;
  calls.reads = 0;
  calls.written.length = 0;

  const world: World = {
    ports,
    table: inner,
    calls,
    clock,
    pipeline,
    mail,
    source,
    engine,
    async take(...findings) {
      const answers = await intake(
        ports,
        findings.map((finding) => ({ status: 'finding', finding })),
      );
      return answers.flat();
    },
    async halt(finding = aFinding()) {
      const [answer] = await world.take(finding);
      if (answer?.status !== 'assessed' || answer.holdId === null) throw new Error('the finding opened no hold');
      return answer.holdId;
    },
    async settle() {
      for (let round = 0; round < 100; round += 1) {
        const delivered = await deliver(ports);
        const ran = await runWorkflows(ports, engine);
        if (!delivered && !ran) return;
      }
      throw new Error('the world does not come to rest');
    },
    async timeOut(holdId) {
      for (const run of engine.runs.values()) {
        if (run.holdId === holdId && run.at === 'waiting') Object.assign(run, { at: 'remind', token: null });
      }
      await world.settle();
    },
    hold: (holdId) => existingHold(ports.table, holdId),
    tokenOf(personId) {
      const message = mail.sent.findLast((sent) => sent.personId === personId);
      const token = /\/d\/(ss1\.[\w.-]+)/.exec(message?.email ?? '')?.[1];
      if (token === undefined) throw new Error(`${personId} was sent no link`);
      return token;
    },
    async vote(personId, ballot) {
      const token = world.tokenOf(personId);
      const holdId = mail.sent.findLast((sent) => sent.personId === personId)?.holdId ?? '';
      return await voteByLink(ports, token, await aBallot(world, holdId, personId, token, ballot));
    },
    totp(personId) {
      const totp = authenticators.get(personId);
      if (totp === undefined) throw new Error(`${personId} has no authenticator`);
      return totp.generate({ timestamp: Date.parse(clock.now()) });
    },
  };
  return world;
}

/** A ballot with the right code, nonce and second factor for a link. */
export async function aBallot(
  world: World,
  holdId: string,
  personId: string,
  token: string,
  over: Partial<Ballot> = {},
): Promise<Ballot> {
  const { openLink } = await import('../lib/decision/decide.ts');
  const opened = await openLink(world.ports, token);
  const hold = await world.hold(holdId);
  return BallotForm.parse({
    reason: 'looked at it',
    confirmation: hold.code,
    totp: world.totp(personId),
    nonce: opened.status === 'live' ? opened.nonce : '',
    ...over,
  });
}

/** Asserts that a vote was recorded, and gives it back. */
export function recorded(voted: Voted): Extract<Voted, { status: 'recorded' }> {
  expect(voted).toMatchObject({ status: 'recorded' });
  if (voted.status !== 'recorded') throw new Error('not recorded');
  return voted;
}

/** A release of the mended image waits, and the scanner saw nothing bad on it. */
export async function bringFix(world: World, executionId = 'fix-0001', author = 'dee@example.com'): Promise<void> {
  world.clock.advance(60_000);
  world.pipeline.bring(stage, { executionId, digest: mendedDigest, commit: `c0ffee-${executionId}`, author });
  world.source.scanned(mendedDigest, world.clock.now());
}

export type ManualClock = ClockPort & { advance(ms: number): void };

export function manualClock(start: Instant): ManualClock {
  let now = start;
  return {
    now: () => now,
    async wait(ms) {
      now = later(now, ms);
    },
    advance(ms) {
      now = later(now, ms);
    },
  };
}

/** Chance that gives the same bytes in every run. */
export function seededChance(seed: number): Chance {
  let state = seed;
  function next(): number {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  }
  return { bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256)), fraction: next };
}

export type FakeNotifier = Notifier & {
  readonly sent: Message[];
  /** People who confirmed no address. */
  readonly unconfirmed: Set<string>;
  /** People to whom sending throws. */
  readonly failing: Set<string>;
};

function fakeNotifier(): FakeNotifier {
  const sent: Message[] = [];
  const unconfirmed = new Set<string>();
  const failing = new Set<string>();
  return {
    sent,
    unconfirmed,
    failing,
    async send(message) {
      if (failing.has(message.personId)) throw new Error(`nothing can be sent to ${message.personId}`);
      sent.push(message);
      const reached = !unconfirmed.has(message.personId);
      return { email: reached, sms: reached && message.sms !== null };
    },
  };
}

export type FakeSource = FindingSource & {
  readonly states: Map<string, SourceState>;
  readonly covered: Map<string, Coverage>;
  readonly onImage: Map<string, readonly Finding[]>;
  scanned(resource: string, at: Instant): void;
};

function fakeSource(): FakeSource {
  const states = new Map<string, SourceState>();
  const covered = new Map<string, Coverage>();
  const onImage = new Map<string, readonly Finding[]>();
  return {
    states,
    covered,
    onImage,
    scanned: (resource, when) => void covered.set(resource, { status: 'scanned', at: when }),
    state: async ({ id }) => states.get(id) ?? 'open',
    coverage: async (resource) => covered.get(resource) ?? { status: 'not-scanned', why: 'never seen' },
    openOnImage: async (digest) => onImage.get(digest) ?? [],
  };
}

let engineTokens = 0;

type Run = {
  readonly holdId: string;
  at: 'halt' | 'notify' | 'await' | 'waiting' | 'verify' | 'remind' | 'resume' | 'ended';
  token: string | null;
};

export type FakeEngine = WorkflowEngine & {
  readonly runs: Map<string, Run>;
  readonly woken: { readonly token: string; readonly outcome: string }[];
  /** All that runs ends, as when a process is killed. */
  kill(): void;
};

function fakeEngine(): FakeEngine {
  const runs = new Map<string, Run>();
  const woken: { readonly token: string; readonly outcome: string }[] = [];
  return {
    runs,
    woken,
    async start(name, { holdId }) {
      const run = runs.get(name);
      if (run !== undefined) return run.at === 'ended' ? 'exists' : 'started';
      runs.set(name, { holdId, at: 'halt', token: null });
      return 'started';
    },
    async wake(token, { outcome }) {
      const run = [...runs.values()].find((one) => one.token === token && one.at === 'waiting');
      if (run === undefined) return 'gone';
      woken.push({ token, outcome });
      run.token = null;
      run.at = outcome === 'verify' ? 'verify' : outcome === 'notify' ? 'notify' : 'ended';
      return 'woken';
    },
    kill() {
      for (const run of runs.values()) run.at = 'ended';
    },
  };
}

/** Brings each errand once; whether one of them was done. */
async function deliver(ports: Ports): Promise<boolean> {
  let isDone = false;
  for (const item of await undoneErrands(ports.table, 100)) {
    if (item.errand.kind === 'reconcile') isDone = (await dispatchReconcile(ports, item)) || isDone;
    else {
      await dispatch(ports, item);
      isDone = true;
    }
  }
  return isDone;
}

/** Takes each workflow one step further, as the state machine would; whether one of them moved. */
async function runWorkflows(ports: Ports, engine: FakeEngine): Promise<boolean> {
  let hasMoved = false;
  for (const [name, run] of engine.runs) {
    if (run.at === 'waiting' || run.at === 'ended') continue;
    hasMoved = true;
    run.at = await step(ports, name, run);
  }
  return hasMoved;
}

async function step(ports: Ports, name: string, run: Run): Promise<Run['at']> {
  switch (run.at) {
    case 'halt':
      try {
        await haltStage(ports, run.holdId);
        await learnOrigin(ports, run.holdId);
      } catch (error) {
        if (!(error instanceof StageNotSettled) && !/does not exist/.test(String(error))) throw error;
      }
      return 'notify';
    case 'notify':
      await notifyStakeholders(ports, run.holdId);
      return 'await';
    case 'remind':
      await remind(ports, run.holdId);
      return 'await';
    case 'await':
      run.token = `${name}-${engineTokens++}`;
      await awaitDecision(ports, { holdId: run.holdId, token: run.token });
      return 'waiting';
    case 'verify': {
      const { result } = await verify(ports, run.holdId);
      return result === 'holds' ? 'resume' : result === 'refuted' ? 'notify' : 'await';
    }
    case 'resume':
      await resumeStage(ports, run.holdId);
      await tellResumed(ports, run.holdId);
      await fileReview(ports, run.holdId);
      return 'ended';
    default:
      return run.at;
  }
}

function counted(table: MemoryTable, calls: World['calls']): Table {
  return {
    async get(key) {
      calls.reads += 1;
      return await table.get(key);
    },
    async query(pk, skPrefix) {
      calls.reads += 1;
      return await table.query(pk, skPrefix);
    },
    async listed(list, options) {
      calls.reads += 1;
      return await table.listed(list, options);
    },
    async transact(writes) {
      calls.transactions += 1;
      calls.written.push(writes);
      return await table.transact(writes);
    },
  };
}
