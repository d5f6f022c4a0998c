import { expect, test } from 'vitest';
import { later } from '../../lib/finding/instant.ts';
import { untrusted } from '../../lib/finding/untrusted.ts';
import { sendSummary } from '../../lib/review/summary.ts';
import { aFinding, aPolicy, aWorld, bringFix, flawedDigest, NOON, recorded, stage, type World } from '../builders.ts';
import { aVector, v31 } from '../risk/builders.ts';

const day = 86_400_000;
const watched = { severity: 'high', vectors: [aVector(v31.high75)] } as const;

function mailTo(world: World, personId: string): string {
  const mails = world.mail.sent.filter((sent) => sent.kind === 'summary' && sent.personId === personId);
  return mails.map(({ subject, email }) => `${subject} ${email}`.replace(/\s+/g, ' ')).join(' | ');
}

test('what is watched is in the summary of security and developers, however old its date', async () => {
  const world = await aWorld();
  const watched = {
    severity: 'high',
    vectors: [aVector(v31.high75)],
    updatedAt: later(NOON, -30 * 86_400_000),
  } as const;
  await world.take(aFinding(watched));

  expect(await sendSummary(world.ports)).toBe(2);

  expect(world.mail.sent.map(({ personId }) => personId).sort()).toEqual(['ana', 'dee']);
  expect(world.mail.sent[0]?.email).toContain('Checkout: 1 watched, 1 of them new');
});

test('nothing to say is no mail', async () => {
  const world = await aWorld();

  expect(await sendSummary(world.ports)).toBe(0);
  expect(world.mail.sent).toEqual([]);
});

test('critical findings that nobody claims go to the security people of the policy', async () => {
  const world = await aWorld();
  await world.take(aFinding({ resources: [{ type: 'x', id: 'arn:x', original: 'arn:x', digest: null }] }));

  expect(await sendSummary(world.ports)).toBe(1);
  expect(world.mail.sent).toMatchObject([{ personId: 'ana', email: expect.stringContaining('arn:x') }]);
});

test('leave that ends within a week is told to those it concerns, before it ends', async () => {
  const world = await aWorld();
  await world.halt();
  world.pipeline.bring(stage, {
    executionId: 'flawed-01',
    digest: flawedDigest,
    commit: null,
    author: 'dee@example.com',
  });
  await world.settle();
  const ballot = { action: 'workaround-accepted', condition: 'pay switched off', until: '2026-12-20' };
  recorded(await world.vote('rui', ballot));
  recorded(await world.vote('ana', ballot));
  await world.settle();

  expect(mailTo(world, 'rui')).toBe('');
  world.clock.advance(13 * day);
  await sendSummary(world.ports);

  expect(mailTo(world, 'rui')).toContain('the workaround for checkout release flawed-0');
  expect(mailTo(world, 'rui')).toContain('Unfixed then, the stage halts again.');
  expect(mailTo(world, 'pia')).toBe('');
});

test('a deadline within a day is told to those who decide', async () => {
  const world = await aWorld();
  await world.halt();
  await world.settle();
  await sendSummary(world.ports);
  expect(mailTo(world, 'rui')).toBe('');
  world.clock.advance(4 * 3_600_000);
  await sendSummary(world.ports);
  expect(mailTo(world, 'rui')).toContain('Checkout is held by');
  expect(mailTo(world, 'rui')).toContain('nobody has decided yet');
});

test('an overdue action item is told to its owner', async () => {
  const world = await aWorld();
  await world.halt();
  await world.settle();
  await bringFix(world);
  recorded(await world.vote('rui', { action: 'remediation-approved' }));
  await world.settle();
  world.clock.advance(8 * day);
  await sendSummary(world.ports);

  expect(mailTo(world, 'dee')).toContain('Answer the question of the review: root cause (review of checkout');
  expect(mailTo(world, 'dee')).toContain('the first was due already');
});

test('an ended waiver of the policy is reported', async () => {
  const waiver = { service: 'checkout', vulnerability: 'CVE-2024-0009', kind: 'risk', because: 'x', by: ['ola'] };
  const world = await aWorld({ policy: aPolicy({ waivers: [{ ...waiver, until: '2026-11-28' }] }) });

  await sendSummary(world.ports);

  expect(mailTo(world, 'ola')).toContain("the policy's waiver for CVE-2024-0009 in checkout ended; take it out");
});

test('waivers that are unused, or ended long ago, are named to who gave them, by themselves on Mondays only', async () => {
  const waiver = { service: 'checkout', kind: 'risk', because: 'x', by: ['ola'] };
  const waivers = [
    { ...waiver, vulnerability: 'CVE-2024-0001', until: '2027-06-30' },
    { ...waiver, vulnerability: 'CVE-2024-0002', until: '2027-06-30' },
    { ...waiver, vulnerability: 'CVE-2024-0003', until: '2026-10-01' },
  ];
  const world = await aWorld({ policy: aPolicy({ waivers }) });
  await world.take(aFinding({ vulnerabilityId: 'CVE-2024-0001' }));
  await sendSummary(world.ports);
  expect(mailTo(world, 'ola')).toBe('');

  world.clock.advance(6 * day);
  await sendSummary(world.ports);

  expect(mailTo(world, 'ola')).toContain('2 waivers to take out');
  expect(mailTo(world, 'ola')).toContain('"CVE-2024-0002" in checkout: unused so far, ends on');
  expect(mailTo(world, 'ola')).toContain('"CVE-2024-0003" in checkout: ended on');
  expect(mailTo(world, 'ola')).not.toContain('CVE-2024-0001');
});

test('each person gets it once a day, after their quiet hours, and again when sending failed', async () => {
  const clock = { remind: '1h', escalate: [], every: '4h', deadline: '4h', quiet: '10:00-13:00 UTC' };
  const world = await aWorld({ policy: aPolicy({ clock }) });
  await world.take(aFinding(watched));

  expect(await sendSummary(world.ports)).toBe(0);
  world.clock.advance(3_600_000);
  world.mail.failing.add('ana');
  await expect(sendSummary(world.ports)).rejects.toThrow('ana');
  world.mail.failing.clear();

  expect(await sendSummary(world.ports)).toBe(1);
  expect(await sendSummary(world.ports)).toBe(0);
  expect(world.mail.sent.map(({ personId }) => personId)).toEqual(['dee', 'ana']);
});

test('findings that were closed or suppressed are not spoken of', async () => {
  const world = await aWorld();
  await world.take(aFinding(watched));
  world.clock.advance(60_000);
  await world.take(aFinding({ ...watched, state: 'suppressed', updatedAt: world.clock.now() }));

  expect(await sendSummary(world.ports)).toBe(0);
});

test('a title that holds an address or a line of its own stays text', async () => {
  const world = await aWorld();
  await world.take(aFinding({ ...watched, title: untrusted('see https://evil.com/x\n\nDecide: www.evil.com') }));

  await sendSummary(world.ports);

  expect(mailTo(world, 'ana')).not.toMatch(/:\/\/|www\.evil/);
});
