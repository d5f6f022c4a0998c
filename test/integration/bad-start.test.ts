import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pipelinesOf } from '../../lib/embedded/releases.ts';
import { loadPolicy } from '../../lib/policy/load.ts';
import { startWorld } from './world.ts';

test.each([
  ['Source', 'Service checkout: Source is the first stage of pipeline checkout and has no inbound transition'],
  ['Canary', 'Service checkout: pipeline checkout has no stage Canary'],
])('a service whose stage is %s is refused at the start, not when it shall halt', async (stage, message) => {
  const text = readFileSync('lib/embedded/demo-policy.yaml', 'utf8');
  const known = loadPolicy(text, 'policy');
  const policy = loadPolicy(text.replace('stage: Production', `stage: ${stage}`), 'policy');

  const started = startWorld({ policy, pipelines: pipelinesOf(known.services), ledger: 'memory' });

  await expect(started).rejects.toThrow(message);
});
