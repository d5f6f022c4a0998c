import { expect, test } from 'vitest';
import { newSecrets, vaultOf } from '../../lib/aws/vault.ts';
import type { Vault } from '../../lib/decision/vault.ts';
import { attackTokens, bitFlips } from './tokens.ts';

test('no forged or mutated token opens anything, and an unknown selector costs and answers as a wrong verifier does', async () => {
  const { tried, ...found } = await attackTokens(500, 1);

  expect(found).toEqual({ opened: [], talkative: [], dearer: [], changed: false });
  expect(tried).toBeGreaterThan(256 + 500);
});

test('the bits of a verifier that are turned are 256 different ones', () => {
  const token = `ss1.${'A'.repeat(22)}.${'A'.repeat(43)}`;

  expect(new Set([token, ...bitFlips(token)]).size).toBe(257);
});

test('the attack sees a vault that reads only the beginning of a code', async () => {
  const secrets = newSecrets();
  const right = vaultOf(async () => secrets);
  const careless: Vault = {
    ...right,
    mac: (text) => right.mac(text.slice(0, 50)),
    isMac: (text, keyId, mac) => right.isMac(text.slice(0, 50), keyId, mac),
  };

  expect((await attackTokens(5, 1, { vault: careless })).opened).not.toEqual([]);
});
