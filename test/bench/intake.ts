import { readFileSync } from 'node:fs';
import { instantOf } from '../../lib/finding/instant.ts';
import { readText } from '../../lib/finding/read.ts';
import { servicesFor } from '../../lib/policy/binding.ts';
import { judge } from '../../lib/policy/judge.ts';
import { settingOf } from '../../lib/policy/policy.ts';
import { assess } from '../../lib/risk/assess.ts';
import { benchPolicy } from './policy.ts';
import { compared, type Figure } from './rounds.ts';

/** One real finding of each dialect. */
const samples = [
  'inspector2/inspector-guide-ecr-package-event.json',
  'asff/defectdojo-inspector_ecr.json',
  'ocsf/elastic-sechub-v2-vuln-python.json',
  'ecr/lambda-go-ecr-image-scan.json',
];
const textsPerRound = 4_000;

/** From text to verdict with reasons, in findings per second, against JSON.parse of the same texts. */
export async function intakeFigures(): Promise<readonly Figure[]> {
  const policy = benchPolicy();
  const now = instantOf(Date.UTC(2026, 10, 20));
  const texts = samples.map((name) => readFileSync(new URL(`../fixtures/samples/${name}`, import.meta.url), 'utf8'));
  const mix = Array.from({ length: textsPerRound }, (_, at) => texts[at % texts.length] ?? '');

  function judgeAll(): number {
    let verdicts = 0;
    for (const text of mix) {
      for (const reading of readText(text)) {
        if (reading.status !== 'finding') continue;
        for (const service of servicesFor(reading.finding, policy)) {
          const assessment = assess(reading.finding, settingOf(service, policy), { now, kev: null });
          verdicts += judge(reading.finding, assessment, service, policy, now).reasons.length + 1;
        }
      }
    }
    if (verdicts < mix.length) throw new Error('not every sample came to a verdict: the figure would mean nothing');
    return verdicts;
  }
  function parseAll(): number {
    let parsed = 0;
    for (const text of mix) parsed += JSON.parse(text) === null ? 0 : 1;
    return parsed;
  }
  return [await compared('intake', '>= 0.5', judgeAll, parseAll, (ours, anchor) => anchor / ours)];
}
