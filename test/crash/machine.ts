import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { policyText } from './policy.ts';

/** Where a running runtime can be reached. */
export type Place = z.infer<typeof Place>;
const Place = z.object({ url: z.string(), awsEndpoint: z.string(), dynamodbEndpoint: z.string(), table: z.string() });

/** A runtime over one data directory, which is started, killed outright, and started again. */
export type Machine = {
  /** Starts it; null when it was killed before it said where it is. Throws when it ended by itself. */
  start(): Promise<Place | null>;
  /** Ends it as `kill -9` does, after so many milliseconds. */
  killAfter(ms: number): Promise<void>;
  /** What it said on stderr since its last start. */
  said(): string;
};

/** A machine over a fresh directory, of which nothing runs yet. `command` is the file of the command line. */
export function aMachine(command: string): Machine {
  const dir = mkdtempSync(join(tmpdir(), 'stopship-crash-'));
  const policyFile = join(dir, 'policy.yaml');
  writeFileSync(policyFile, policyText);
  const args = [command, 'serve', '--demo', '--policy', policyFile, '--data', join(dir, 'data'), '--json'];
  let child: ChildProcess | null = null;
  let gone: Promise<unknown> = Promise.resolve();
  let isKilled = false;
  let said = '';
  return {
    async start() {
      isKilled = false;
      said = '';
      const started = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      started.stderr.on('data', (text) => {
        said = (said + String(text)).slice(-4_000);
      });
      child = started;
      gone = new Promise((resolve) => started.on('exit', resolve));
      for await (const line of createInterface({ input: started.stdout })) return Place.parse(JSON.parse(line));
      if (isKilled) return null;
      throw new Error(`the runtime ended by itself: ${said}`);
    },
    async killAfter(ms) {
      await sleep(ms);
      isKilled = true;
      child?.kill('SIGKILL');
      await gone;
    },
    said: () => said,
  };
}
