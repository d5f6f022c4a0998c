import { calledWrongly, valuesOf } from '../arguments.ts';
import { flood } from './flood.ts';

const usage = 'usage: npm run flood -- [--findings N] [--services N] [--packages N] [--seed N]';
const values = valuesOf(usage, {
  options: {
    findings: { type: 'string', default: '100000' },
    services: { type: 'string', default: '40' },
    packages: { type: 'string', default: '25' },
    seed: { type: 'string', default: '1' },
  },
});
const [findings, services, packages, seed] = [values.findings, values.services, values.packages, values.seed].map(
  Number,
);
if (![findings, services, packages, seed].every(Number.isSafeInteger)) calledWrongly(usage);
const report = await flood({
  findings: findings ?? 0,
  services: services ?? 0,
  packages: packages ?? 0,
  seed: seed ?? 0,
  tell: (line) => process.stderr.write(`${line}\n`),
});
process.stdout.write(`${JSON.stringify(report)}\n`);
