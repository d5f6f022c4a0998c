#!/usr/bin/env node
// Plain JavaScript, so that every Node can read it: an older one is told what to do, or hands over to the one beside us.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const neededMajor = 24;
const runningMajor = Number(process.versions.node.split('.')[0]);

if (runningMajor >= neededMajor) {
  if (process.env.STOPSHIP_HANDED_OVER !== undefined) endWithParent();
  // Halves the start. Beside our packages, and not where everybody may write: what lies there is run.
  module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/stopship', import.meta.url)));
  await import('./stopship.ts');
} else {
  const node = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
  if (existsSync(node) && process.env.STOPSHIP_HANDED_OVER === undefined) {
    handOver(node);
  } else {
    process.stderr.write(
      `stopship needs Node ${neededMajor} and this is ${process.versions.node}: run it with npm scripts or npx in this folder, after npm ci.\n`,
    );
    process.exitCode = 2;
  }
}

/** Runs the same command on another Node, passes signals on and ends as it ends. */
function handOver(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, STOPSHIP_HANDED_OVER: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`${node} does not start (${error.message}): run npm ci again.\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
  });
}

/** The Node that handed over may be killed outright: then this one must not live on and keep the data directory. */
function endWithParent() {
  delete process.env.STOPSHIP_HANDED_OVER;
  process.on('disconnect', () => process.exit(1));
  process.channel?.unref();
}
