import { expect, test } from 'vitest';
import { recipientsOf } from '../../lib/brief/recipients.ts';
import { aPolicy, aService } from './build-hold.ts';

const told = (recipients: ReturnType<typeof recipientsOf>) =>
  recipients.map(({ person, role }) => `${person.id} ${role}`);

test('every stakeholder is told once', () => {
  expect(told(recipientsOf(aService(), aPolicy(), 0))).toEqual([
    'rui release-manager',
    'ana security',
    'ola risk-owner',
    'dee developer',
    'pia product',
    'eva executive',
  ]);
});

test('a person with several roles is told in the one that may decide most', () => {
  const service = aService({ stakeholders: { executive: ['rui'], developer: ['ana', 'rui'], security: ['ana'] } });

  expect(told(recipientsOf(service, aPolicy(), 0))).toEqual(['ana security', 'rui developer']);
});

test('a level of escalation adds its people and those of the levels before, who may only look', () => {
  const service = aService({ stakeholders: { security: ['ana'] } });

  expect(told(recipientsOf(service, aPolicy(), 0))).toEqual(['ana security']);
  expect(told(recipientsOf(service, aPolicy(), 1))).toEqual(['ana security', 'rui executive']);
  expect(told(recipientsOf(service, aPolicy(), 9))).toEqual(['ana security', 'rui executive', 'ola executive']);
});
