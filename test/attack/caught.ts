/** What this process printed while something ran, by stream. */
export type Caught = { readonly stdout: string; readonly stderr: string };

/** Runs something and keeps what it prints from the screen. */
export function whileCaught(run: () => void): Caught {
  const { caught, release } = catchOutput();
  try {
    run();
  } finally {
    release();
  }
  return caught();
}

/** Keeps all that this process prints from the screen until `release`; `console` writes there too. */
export function catchOutput(): { readonly caught: () => Caught; readonly release: () => void } {
  const kept = { stdout: '', stderr: '' };
  const before = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const stream of ['stdout', 'stderr'] as const) {
    process[stream].write = (chunk: string | Uint8Array) => {
      kept[stream] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      return true;
    };
  }
  return {
    caught: () => kept,
    release() {
      process.stdout.write = before.stdout;
      process.stderr.write = before.stderr;
    },
  };
}
