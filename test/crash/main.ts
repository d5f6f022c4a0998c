import { calledWrongly, valuesOf } from '../arguments.ts';
import { crash } from './crash.ts';

const usage = 'usage: npm run crash -- [--kills N] [--seed N] [--minutes N] [--json]';
const values = valuesOf(usage, {
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: 'Infinity' },
    json: { type: 'boolean', default: false },
  },
});
const kills = Number(values.kills);
const seed = Number(values.seed);

if (!Number.isSafeInteger(kills) || kills < 1 || !Number.isSafeInteger(seed)) calledWrongly(usage);
const report = await crash({
  kills,
  seed,
  minutes: Number(values.minutes),
  tell: (line) => {
    if (!values.json) process.stderr.write(`${line}\n`);
  },
});
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exitCode = report.violations.length === 0 ? 0 : 1;
