import { brokenDesigns, production } from './designs.ts';
import { type Ledger, memoryLedger, pairedLedger } from './ledger.ts';
import { type Playing, type Ran, run } from './run.ts';
import { shrunk } from './shrink.ts';
import { addRun, emptyTally, type Tally } from './tally.ts';
import type { Chunk } from './worker.ts';

/** Plays seeds of one design over one kind of ledger. */
export type Player = {
  /** Plays seed after seed until one fails. */
  play(chunk: Chunk): Promise<Tally>;
  /** Plays one seed with its trace. */
  trace(seed: number): Promise<Ran>;
  /** Plays a seed that fails, with as little in it as it needs to fail. */
  shrink(seed: number): Promise<Ran>;
  end(): Promise<void>;
};

/** A player; with `dynamodb` it starts an emulator, which `end` stops. Throws for a design that is none. */
export async function playerOf(name: string, ledger: 'memory' | 'dynamodb'): Promise<Player> {
  const design = name === production.name ? production : brokenDesigns[name];
  if (design === undefined) throw new RangeError(`${name} is no design`);
  const { newLedger, end } = await ledgersOf(ledger);
  const playing = async (): Promise<Playing> => ({ design, ledger: await newLedger() });
  return {
    async play({ seed, runs }) {
      const tally = emptyTally();
      for (let n = 0; n < runs && tally.failed === null; n += 1) addRun(tally, await run(seed + n, await playing()));
      return tally;
    },
    trace: async (seed) => await run(seed, { ...(await playing()), isTracing: true }),
    shrink: (seed) => shrunk(seed, { design }),
    end,
  };
}

async function ledgersOf(
  kind: 'memory' | 'dynamodb',
): Promise<{ readonly newLedger: () => Promise<Ledger>; readonly end: () => Promise<void> }> {
  if (kind === 'memory') return { newLedger: async () => memoryLedger(), end: async () => undefined };
  const { startDynoxide } = await import('../../lib/embedded/dynoxide.ts');
  const { tableAt } = await import('../ledger/table-at.ts');
  const emulator = await startDynoxide({ dataFile: null });
  let tables = 0;
  return {
    async newLedger() {
      tables += 1;
      return pairedLedger(await tableAt(emulator.endpoint, `run-${tables}`));
    },
    end: () => emulator.stop(),
  };
}
