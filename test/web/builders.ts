import { instantOf } from '../../lib/finding/instant.ts';
import type { WebDeps } from '../../lib/web/app.ts';
import type {
  BoardView,
  DeadLinkView,
  DecisionView,
  Frame,
  HoldView,
  MailboxView,
  MetricsView,
  ReceiptView,
  RejectedView,
  ReviewView,
} from '../../lib/web/views.ts';

export const publicUrl = 'http://127.0.0.1:4000';

/** 24 November 2026, 16:15 in Lisbon. */
export const now = instantOf(Date.parse('2026-11-24T16:15:00Z'));
export const frame: Frame = { now, zone: 'Europe/Lisbon', publicUrl };

export function ago(minutes: number): ReturnType<typeof instantOf> {
  return instantOf(Date.parse(now) - minutes * 60_000);
}

const deadline = ago(-105);
const vector = 'CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:L/SC:N/SI:N/SA:N';

export function aHold(changes: Partial<HoldView> = {}): HoldView {
  return {
    id: 'h-1',
    code: 'K7QX',
    service: 'checkout',
    stage: 'Production',
    status: 'in-force',
    title: 'SQL injection in login',
    sentence: 'Anyone on the internet can read customer accounts through the login form, without logging in.',
    severity: 'critical',
    score: 9.2,
    revision: 2,
    openedAt: ago(130),
    inForceAt: ago(130),
    closedAt: null,
    outcome: null,
    deciding: { who: 'Rui Matos', by: deadline },
    decision: null,
    release: {
      executionId: '7f0d3c1e-0001',
      commit: '3f9c1ab77e',
      author: 'dee@example.com',
      digest: null,
      position: 'waiting',
    },
    origin: 'This release introduces it: production, scanned 12:00 WET, does not show it.',
    lowering: null,
    evidence: 'the word of someone of security who did not write the fix: no scanner sees this flaw',
    plan: [
      { label: 'Plan', text: '4 h fix, 2 h test; Dee Costa owns it' },
      { label: 'Workaround', text: 'switch off one-click pay' },
    ],
    findings: 1,
    worst: [
      {
        title: 'SQL injection in login',
        vulnerabilityId: 'CWE-89',
        package: 'auth/session 4.2.0',
        fixedIn: '4.2.1',
        path: 'app/poetry.lock',
      },
    ],
    options: [
      {
        name: 'Fix now',
        work: '4 h fix, 2 h test; Dee owns it',
        dates: 'None that we know of',
        readyWhen: 'about 21:30 WET (4 h fix, 2 h test)',
        riskMeanwhile: 'none: Production is untouched',
        exposed: 'nobody',
        agrees: 'Rui Matos or Ana Lima',
      },
      {
        name: 'Ship without one-click pay',
        work: '4 h fix, 2 h test; Dee owns it',
        dates: 'None that we know of',
        readyWhen: 'now',
        riskMeanwhile: 'only if the switch fails; no figure exists for our own code',
        exposed: 'nobody while it is off',
        agrees: 'Rui Matos and Ana Lima',
      },
      {
        name: 'Ship and patch later',
        work: '4 h fix, 2 h test; Dee owns it',
        dates: 'None that we know of',
        readyWhen: 'now',
        riskMeanwhile: 'no figure exists for our own code',
        exposed: 'every customer with an account',
        agrees: 'Ola Berg (risk owner) and one more person',
      },
    ],
    assessment: {
      steps: [
        { label: 'Believed', score: 7.7, why: 'it seemed to need a login' },
        { label: 'Base', score: 9.2, why: 'the cookie is read before it is checked, so it needs none' },
        { label: 'In checkout', score: 9.2, why: 'open to the internet, restricted data' },
      ],
      reasons: ['the rule “critical”: the score is at least 9.0'],
      factors: [
        { name: 'CVSS', value: vector, source: 'Ana Lima', asOf: null, isDecisive: true },
        { name: 'Exposure', value: 'internet', source: 'policy', asOf: null, isDecisive: true },
        { name: 'Data', value: 'customers’ names and payment cards', source: 'policy', asOf: null, isDecisive: false },
      ],
      unknowns: [{ datum: 'Whether it has been used against us', couldChange: 'who must be told by law' }],
      wouldNotHaltIf: ['it needs a login (7.7)'],
      obligations: [],
      disagreement: null,
    },
    dispute: null,
    ratings: [
      {
        severity: 'high',
        score: 7.7,
        vector: vector.replace('PR:N', 'PR:L'),
        author: 'Dee Costa',
        reason: 'needs a login',
        at: ago(3000),
      },
      { severity: 'critical', score: 9.2, vector, author: 'Ana Lima', reason: 'it needs no login', at: ago(130) },
    ],
    quorum: [{ action: 'Ship without one-click pay', has: ['Ana Lima'], needs: ['a release manager'] }],
    votes: [
      {
        person: 'Ana Lima',
        action: 'Ship without one-click pay',
        reason: 'The flaw is only in that path; the switch was tested at 15:40.',
        at: ago(20),
        revision: 2,
        void: null,
      },
      {
        person: 'Rui Matos',
        action: 'More time',
        reason: 'Waiting for the plan.',
        at: ago(90),
        revision: 1,
        void: 'the facts changed in revision 2',
      },
    ],
    told: [
      {
        person: 'Rui Matos',
        roles: ['release-manager'],
        channels: 'e-mail and SMS',
        at: ago(129),
        reached: true,
        remark: null,
      },
      {
        person: 'Eva Lund',
        roles: ['executive'],
        channels: 'e-mail',
        at: null,
        reached: false,
        remark: 'the address is not confirmed',
      },
    ],
    events: [
      { at: ago(130), actor: 'Ana Lima', text: 'stopped the release: SQL injection in login', tone: 'plain' },
      { at: ago(130), actor: 'stopship', text: 'halted Production, read back disabled', tone: 'red' },
      { at: ago(129), actor: 'stopship', text: 'told four people', tone: 'plain' },
      { at: ago(20), actor: 'Ana Lima', text: 'voted for shipping without one-click pay', tone: 'amber' },
    ],
    sheet: {
      title: 'Checkout before Production: hold K7QX',
      sections: [{ heading: 'How it stands', blocks: [{ kind: 'text', text: 'Production is untouched.' }] }],
      objections: [
        {
          who: 'Release manager',
          says: 'Can we ship now and patch later?',
          answer:
            'Customer accounts would lie open until the patch. Ola Berg and a second person would have to accept that.',
        },
        {
          who: 'Development lead',
          says: 'We knew, it is minor.',
          answer: 'It was rated 7.7 because it seemed to need a login. It needs none: 9.2.',
        },
      ],
    },
    predecessor: null,
    ...changes,
  };
}

export function aBoard(changes: Partial<BoardView> = {}): BoardView {
  return {
    pipelines: [
      {
        service: 'checkout',
        stages: [
          stage('Source', 'none', release('8d01c77', 'running', 1)),
          stage('Build', 'open', release('3f9c1ab', 'passed', 131)),
          {
            ...stage('Production', 'held', release('77ab0e2', 'passed', 1500)),
            waiting: release('3f9c1ab', 'waiting', 130),
          },
        ],
        holds: [
          {
            id: 'h-1',
            code: 'K7QX',
            title: 'SQL injection in login',
            stage: 'Production',
            status: 'in-force',
            severity: 'critical',
            score: 9.2,
            openedAt: ago(130),
            deciding: { who: 'Rui Matos', by: deadline },
            decision: null,
            releaseInside: false,
            notReached: ['Eva Lund'],
          },
        ],
      },
      {
        service: 'payments',
        stages: [
          stage('Source', 'none', release('51b0c4e', 'passed', 12)),
          stage('Build', 'open', release('51b0c4e', 'passed', 10)),
          stage('Production', 'not-halted', release('51b0c4e', 'running', 2)),
        ],
        holds: [
          {
            id: 'h-2',
            code: 'M3RT',
            title: 'CVE-2021-44228 in log4j-core 2.14.1',
            stage: 'Production',
            status: 'pending',
            severity: 'critical',
            score: 10,
            openedAt: ago(1),
            deciding: { who: 'Rui Matos', by: deadline },
            decision: null,
            releaseInside: true,
            notReached: [],
          },
        ],
      },
      {
        service: 'search',
        stages: [
          stage('Source', 'none', release('77ab0e2', 'passed', 50)),
          stage('Build', 'open', release('77ab0e2', 'passed', 45)),
          stage('Production', 'open', release('77ab0e2', 'passed', 40)),
        ],
        holds: [],
      },
    ],
    notes: [
      { tone: 'amber', text: 'NOT HALTED: payments is not shown stopped before Production. stopship keeps trying.' },
    ],
    reviews: [aReview()],
    rejected: 1,
    messages: 9,
    knownExploited: 'KEV list 6 h old',
    canRelease: true,
    ...changes,
  };
}

function stage(
  name: string,
  transition: BoardView['pipelines'][number]['stages'][number]['transition'],
  inside: ReturnType<typeof release>,
): BoardView['pipelines'][number]['stages'][number] {
  return { name, transition, reason: null, waiting: null, inside };
}

function release(commit: string, state: 'running' | 'waiting' | 'passed' | 'failed', minutes: number) {
  return { executionId: `e-${commit}`, commit, author: 'dee@example.com', since: ago(minutes), state };
}

export function aDecision(changes: Partial<DecisionView> = {}): DecisionView {
  return {
    kind: 'decision',
    person: { id: 'rui', name: 'Rui Matos' },
    hold: aHold(),
    why: null,
    eventsBefore: 0,
    effect: 'Production is untouched.',
    choices: [
      {
        action: 'remediation-approved',
        label: 'Fix is in: resume',
        glance: 'As soon as it is agreed; nobody is exposed.',
        then: 'The named release may pass; the stage halts again if the flaw is still there.',
        fields: ['release', 'reference'],
        alsoNeeds: null,
        evidence: { text: 'Release 8d01c77 scanned 15:58 WET: clean.', tone: 'green' },
        level: 2,
      },
      {
        action: 'workaround-accepted',
        label: 'Ship without one-click pay',
        glance: 'As soon as it is agreed; nobody is exposed.',
        then: 'Resumes now with your condition; halts again at the date, unless fixed.',
        fields: ['condition', 'until'],
        alsoNeeds: 'Ana',
        evidence: null,
        level: 2,
      },
      {
        action: 'risk-accepted',
        label: 'Ship as it is and patch later',
        glance: 'As soon as it is agreed; nobody is exposed.',
        then: 'Customer accounts lie open until the date.',
        fields: ['until', 'scope'],
        alsoNeeds: 'Ola (risk owner)',
        evidence: null,
        level: 3,
      },
      {
        action: 'roll-back',
        label: 'Take the change out',
        glance: 'As soon as it is agreed; nobody is exposed.',
        then: 'Release 3f9c1ab is stopped; revert it. Production keeps what it runs.',
        fields: [],
        alsoNeeds: null,
        evidence: null,
        level: 2,
      },
      {
        action: 'more-time',
        label: 'More time',
        glance: 'As soon as it is agreed; nobody is exposed.',
        then: 'The clock is extended and everyone is told.',
        fields: ['hours'],
        alsoNeeds: null,
        evidence: null,
        level: 1,
      },
      {
        action: 'keep-halted',
        label: 'Keep it stopped',
        glance: 'As soon as it is agreed; nobody is exposed.',
        then: 'Recorded with your reason; the next level is told.',
        fields: [],
        alsoNeeds: null,
        evidence: null,
        level: 1,
      },
    ],
    viewOnly: false,
    earlier: null,
    nonce: 'n0nce',
    vectors: [],
    suggested: { hours: '4', release: '8d01c77' },
    typed: {},
    errors: {},
    ...changes,
  };
}

export function aReceipt(changes: Partial<ReceiptView> = {}): ReceiptView {
  return {
    kind: 'receipt',
    person: 'Rui Matos',
    hold: { code: 'K7QX', service: 'checkout', stage: 'Production', title: 'SQL injection in login' },
    action: 'Ship without one-click pay',
    reason: 'The flaw is only in that path.',
    at: now,
    missing: ['someone of security'],
    next: 'Ana Lima has been asked. When she agrees, the release enters Production.',
    by: deadline,
    ...changes,
  };
}

export function aDeadLink(changes: Partial<DeadLinkView> = {}): DeadLinkView {
  return {
    kind: 'dead',
    why: 'superseded',
    at: ago(20),
    now: 'checkout is held before Production; Rui Matos decides by 18:00 WET.',
    renewable: true,
    ...changes,
  };
}

export function aMailbox(changes: Partial<MailboxView> = {}): MailboxView {
  return {
    people: [
      { id: 'rui', name: 'Rui Matos', roles: ['release-manager'], unread: 2 },
      { id: 'dee', name: 'Dee Costa', roles: ['developer'], unread: 1 },
      { id: 'eva', name: 'Eva Lund', roles: ['executive', 'risk-owner'], unread: 0 },
    ],
    person: {
      id: 'rui',
      name: 'Rui Matos',
      totp: { code: '492 039', until: ago(-0.3) },
      messages: [
        {
          id: 'm-2',
          at: ago(128),
          channel: 'email',
          to: 'rui@example.com',
          subject: 'Checkout release held before Production - decide by 18:00 WET',
          body: `Rui, the checkout release 3f9c1ab is stopped before Production. Production itself is untouched.

Anyone on the internet can read customer accounts through the login form, without logging in (SQL injection; 9.2 of 10, Critical).

Your choice, by 18:00 WET:
  1. Fix now: ready about 21:30 WET (4 h fix, 2 h test; Dee owns it).
  2. Ship today without one-click pay: the flaw is only in that path. Needs Ana as well.
Decide: ${publicUrl}/d/ss1.AAAAAAAAAAAAAAAAAAAAAA.BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB
(only you can use this link; code K7QX)

If nobody decides, it stays stopped and Ola is told at 18:00.`,
        },
        {
          id: 'm-1',
          at: ago(129),
          channel: 'sms',
          to: '+351910000002',
          subject: '',
          body: 'Checkout release held before Prod: accounts readable without login (9.2). Decide by 18:00 WET, see your mail. K7QX',
        },
      ],
    },
    ...changes,
  };
}

export function aRejected(changes: Partial<RejectedView> = {}): RejectedView {
  return {
    records: [
      {
        at: ago(5),
        message: 'A finding needs an id: give it findingArn.',
        path: 'detail.findingArn',
        excerpt: '{"detail-type":"Inspector2 Finding","detail":{"severity":"HIGH"}}',
      },
    ],
    ...changes,
  };
}

export function aReview(changes: Partial<ReviewView> = {}): ReviewView {
  const hold = aHold();
  return {
    id: 'h-0',
    code: 'P2WD',
    service: 'checkout',
    stage: 'Production',
    title: 'CVE-2021-44228 in log4j-core',
    openedAt: ago(17_500),
    closedAt: ago(17_280),
    outcome: 'remediated',
    initial: hold.ratings[0] ?? null,
    final: hold.ratings[1] ?? null,
    durations: [
      { phase: 'detect', ms: 95_000 },
      { phase: 'halt', ms: 2_000 },
      { phase: 'tell', ms: 8_000 },
      { phase: 'decide', ms: 41 * 60_000 },
      { phase: 'fix', ms: 150 * 60_000 },
      { phase: 'verify', ms: 27 * 60_000 },
      { phase: 'resume', ms: 4_000 },
    ],
    ratings: hold.ratings,
    events: hold.events,
    decisions: [{ action: 'Fix approved', by: 'Rui Matos', at: ago(17_300), reason: 'Scanned clean, tests passed.' }],
    questions: [
      {
        id: 'root-cause',
        facts: ['log4j-core 2.14.1 came with reporting 3.1'],
        answer: 'A library of a library was never updated.',
        assignee: 'Dee Costa',
      },
      {
        id: 'development',
        facts: ['The lock file was last renewed 14 months before.'],
        answer: null,
        assignee: 'Dee Costa',
      },
      {
        id: 'security-testing',
        facts: ['The image was scanned on push, not the branch.'],
        answer: null,
        assignee: null,
      },
      {
        id: 'communication',
        facts: ['First brief 8 s after the halt', 'One of five people was not reached'],
        answer: 'Yes, but one address was not confirmed.',
        assignee: 'Ana Lima',
      },
    ],
    actions: [
      { text: 'Renew lock files weekly', owner: 'Dee Costa', due: ago(-20_000), done: false },
      { text: 'Confirm every address', owner: 'Ana Lima', due: null, done: true },
    ],
    ...changes,
  };
}

export function someMetrics(changes: Partial<MetricsView> = {}): MetricsView {
  return {
    since: ago(90_000),
    figures: [
      {
        name: 'Time to halt',
        value: '2 s',
        cases: { count: 12, isEnough: true },
        meaning: 'From the finding’s arrival to the stage read stopped; half took less.',
        rows: [{ label: 'slowest', value: '6 s' }],
      },
      {
        name: 'Time to decide',
        value: '41 min',
        cases: { count: 3, isEnough: false },
        meaning: 'From the first brief to the decision; half took less.',
        rows: [
          { label: 'slowest', value: '3 h 5 min' },
          { label: 'fastest', value: '9 min' },
        ],
      },
    ],
    ...changes,
  };
}

/** Steps that answer with samples; each can be replaced. */
export function someDeps(changes: Partial<WebDeps> = {}): WebDeps {
  return {
    assets: { css: '/* pico */' },
    publicUrl: () => publicUrl,
    zone: frame.zone,
    now: () => now,
    report: (error) => {
      throw error;
    },
    open: async () => aDecision(),
    vote: async () => aReceipt(),
    renew: async () => {},
    board: async () => aBoard(),
    hold: async (id) => (id === 'h-1' ? aHold() : null),
    mailbox: async (person) => aMailbox(person === null ? { person: null } : {}),
    rejected: async () => aRejected(),
    reviews: async () => ({ reviews: [aReview()] }),
    review: async (id) => (id === 'h-0' ? aReview() : null),
    metrics: async () => someMetrics(),
    release: async (service) => (service === 'checkout' ? 'started' : 'unknown'),
    retry: async (service) => (service === 'checkout' ? 'started' : 'unknown'),
    scan: async () => 'clean' as const,
    ...changes,
  };
}
