import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isQuorum, missingSeats, offeredActions, ruleOf } from '../../lib/decision/rules.ts';
import { roles } from '../../lib/policy/policy.ts';
import { aHold } from '../brief/build-hold.ts';

const hold = aHold();
const unknownAuthor = hold.release === null ? null : { ...hold.release, author: null };

test.each([
  ['remediation-approved', { evidence: 'before-stage' }, [['rui', 'release-manager']], true],
  ['remediation-approved', { evidence: 'before-stage' }, [['ola', 'risk-owner']], false],
  ['remediation-approved', { evidence: 'ordered' }, [['rui', 'release-manager']], false],
  ['remediation-approved', { evidence: 'ordered' }, [['ana', 'security']], true],
  ['remediation-approved', { evidence: 'behind-stage', release: unknownAuthor }, [['rui', 'release-manager']], false],
  [
    'remediation-approved',
    { evidence: 'behind-stage', release: unknownAuthor },
    [
      ['rui', 'release-manager'],
      ['ana', 'security'],
    ],
    true,
  ],
  ['workaround-accepted', {}, [['rui', 'release-manager']], false],
  [
    'workaround-accepted',
    {},
    [
      ['rui', 'release-manager'],
      ['ana', 'security'],
    ],
    true,
  ],
  ['risk-accepted', {}, [['ola', 'risk-owner']], false],
  [
    'risk-accepted',
    {},
    [
      ['ola', 'risk-owner'],
      ['ana', 'security'],
    ],
    true,
  ],
  [
    'risk-accepted',
    { release: unknownAuthor },
    [
      ['ola', 'risk-owner'],
      ['ana', 'security'],
    ],
    false,
  ],
  [
    'risk-accepted',
    { release: unknownAuthor },
    [
      ['ola', 'risk-owner'],
      ['ana', 'security'],
      ['zoe', 'security'],
    ],
    true,
  ],
  ['more-time', {}, [['dee', 'developer']], true],
  ['keep-halted', {}, [['dee', 'developer']], false],
] as const)('%s of a hold with %o by %o is a quorum: %s', (action, over, people, isOne) => {
  const voters = people.map(([person, role]) => ({ person, roles: [role] }));
  const rule = ruleOf(action, aHold(over));

  expect(isQuorum(rule, voters)).toBe(isOne);
  expect(missingSeats(rule, voters).length === 0).toBe(isOne);
});

test('one person never takes two seats, whatever their roles', () => {
  for (const action of offeredActions) {
    const rule = ruleOf(action, hold);
    expect(isQuorum(rule, [{ person: 'all', roles: [...roles] }])).toBe(rule.seats.length === 1);
  }
});

test('a further voter never breaks a quorum', () => {
  const voter = fc.record({ person: fc.constantFrom('a', 'b', 'c'), roles: fc.subarray([...roles]) });
  fc.assert(
    fc.property(
      fc.constantFrom(...offeredActions),
      fc.uniqueArray(voter, { selector: ({ person }) => person }),
      (action, all) => {
        const rule = ruleOf(action, hold);

        for (let n = 0; n < all.length; n += 1) {
          if (isQuorum(rule, all.slice(0, n))) expect(isQuorum(rule, all.slice(0, n + 1))).toBe(true);
        }
      },
    ),
  );
});
