import { type ParseArgsConfig, parseArgs } from 'node:util';

/** What a script was called with. Anything else than its options, `--help` among it, tells the usage and ends with exit 2. */
export function valuesOf<const Config extends ParseArgsConfig>(usage: string, config: Config) {
  try {
    return parseArgs(config).values;
  } catch {
    return calledWrongly(usage);
  }
}

/** Tells the usage of a script and ends it with exit 2. */
export function calledWrongly(usage: string): never {
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}
