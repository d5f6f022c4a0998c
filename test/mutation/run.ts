import { Finding, type Reading } from '../../lib/finding/finding.ts';
import { readText } from '../../lib/finding/read.ts';
import { verdicts } from '../../lib/policy/policy.ts';
import { type Random, randomOf } from '../simulation/random.ts';
import { clone, type Document, documents } from './documents.ts';
import { judge, policies } from './judging.ts';
import { dataOf, type SilentLoss, silentLoss } from './losses.ts';
import { damage, mutate } from './mutations.ts';

/** What became of mutated findings. `broken` are runs that threw or ended as nothing that is allowed. */
export type Figures = {
  readonly runs: number;
  assessed: number;
  ignored: number;
  rejected: number;
  readonly broken: { readonly run: number; readonly why: string; readonly text: string }[];
  readonly silent: SilentLoss[];
};

/**
 * Plays so many mutations of real findings, from a seed on. Each run changes one document up to six times and reads it; then
 * the same document loses one datum only, and must not pass in silence where it halted.
 */
export function play(runs: number, seed: number): Figures {
  const all = documents();
  const figures: Figures = { runs, assessed: 0, ignored: 0, rejected: 0, broken: [], silent: [] };
  for (let run = seed; run < seed + runs; run += 1) {
    const random = randomOf(run);
    const document = random.pick(all);
    const text = mutated(document, random);
    try {
      for (const reading of readText(text)) count(reading, figures);
    } catch (error) {
      figures.broken.push({ run, why: String(error), text });
    }
    const loss = silentLoss(document, random.pick(dataOf(document)), random.pick(policies));
    if (loss !== null) figures.silent.push(loss);
  }
  if (Reflect.has({}, 'polluted')) figures.broken.push({ run: seed, why: 'a prototype was changed', text: '' });
  return figures;
}

function mutated({ value }: Document, random: Random): string {
  let changed = clone(value);
  const changes = 1 + random.below(6);
  for (let n = 0; n < changes; n += 1) changed = mutate(changed, random);
  const text = JSON.stringify(changed) ?? 'undefined';
  return random.is(0.15) ? damage(text, random) : text;
}

/** Throws when a reading is none of: a whole finding with a verdict, ignored with a reason, rejected with a message and a path. */
function count(reading: Reading, figures: Figures): void {
  switch (reading.status) {
    case 'finding': {
      const { verdict } = judge(reading, policyOf()).verdict;
      if (!Finding.safeParse(reading.finding).success || !verdicts.includes(verdict))
        throw new Error('no whole finding');
      if (reading.finding.dialect === 'ordered') throw new Error('a stranger gave an order');
      figures.assessed += 1;
      break;
    }
    case 'ignored':
      if (reading.reason === '') throw new Error('ignored without a reason');
      figures.ignored += 1;
      break;
    case 'rejected':
      if (reading.error.message === '' || typeof reading.error.path !== 'string')
        throw new Error('rejected without words');
      figures.rejected += 1;
      break;
    default:
      reading satisfies never;
  }
}

function policyOf() {
  const [policy] = policies;
  if (policy === undefined) throw new RangeError('there is a policy');
  return policy;
}
