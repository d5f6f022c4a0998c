import { readdirSync, readFileSync } from 'node:fs';
import type { Finding, Reading } from '../../lib/finding/finding.ts';
import { readText } from '../../lib/finding/read.ts';

const root = new URL('../fixtures/samples/', import.meta.url);

/** Every sample by folder and file name. */
export function samples(): readonly string[] {
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const files = folders.flatMap(({ name }) => readdirSync(new URL(`${name}/`, root)).map((file) => `${name}/${file}`));
  return files.filter((file) => file.endsWith('.json')).toSorted();
}

/** The text of a sample. */
export function sampleText(name: string): string {
  return readFileSync(new URL(name, root), 'utf8');
}

/** The only finding of readings that hold nothing else. */
export function onlyFinding(readings: readonly Reading[]): Finding {
  const [first, ...rest] = readings;
  if (first?.status !== 'finding' || rest.length > 0) throw new Error(`not one finding: ${JSON.stringify(readings)}`);
  return first.finding;
}

/** The only finding of a sample. */
export function sampleFinding(name: string): Finding {
  return onlyFinding(readText(sampleText(name)));
}

/** An object of a sample's JSON. */
export function sampleObject(name: string): { [key: string]: unknown } {
  return JSON.parse(sampleText(name));
}
