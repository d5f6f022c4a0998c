import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { breakProduction } from './mutants.ts';
import type { Tally } from './tally.ts';

/** Seeds to play, one after the other, until one fails. */
export type Chunk = { readonly seed: number; readonly runs: number };

const Given = z.object({ design: z.string(), mutant: z.string().nullable(), ledger: z.enum(['memory', 'dynamodb']) });

const given = Given.parse(workerData);
// Before the first import of production code.
if (given.mutant !== null) breakProduction(given.mutant);
const { playerOf } = await import('./player.ts');
const player = await playerOf(given.design, given.ledger);

parentPort?.on('message', (chunk: Chunk | null) => {
  if (chunk === null) return void player.end().then(() => parentPort?.close());
  player.play(chunk).then((tally: Tally) => parentPort?.postMessage(tally));
});
