import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { App } from 'aws-cdk-lib';
import { features, stopshipStack } from '../lib/infra/stack.ts';
import { loadPolicy } from '../lib/policy/load.ts';

// Context: `policy` (a file), `publicAddress`, `alarmAddress` and `kevAddress`, as lib/infra/stopship.ts says.
const app = new App({ outdir: process.env.CDK_OUTDIR ?? 'cdk.out', context: features });
const policyFile = resolve(app.node.tryGetContext('policy') ?? 'policy.example.yaml');
stopshipStack(app, {
  policy: loadPolicy(readFileSync(policyFile, 'utf8'), policyFile),
  policyFile,
  publicAddress: app.node.tryGetContext('publicAddress'),
  alarmAddress: app.node.tryGetContext('alarmAddress'),
  kevAddress: app.node.tryGetContext('kevAddress'),
});
app.synth();
