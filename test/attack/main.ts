import { calledWrongly, valuesOf } from '../arguments.ts';
import { tableAt } from '../ledger/table-at.ts';
import { attackRenderers } from './renderers.ts';
import { attackReplays } from './replays.ts';
import { attackTokens } from './tokens.ts';

const usage =
  'usage: npm run attack -- [--tokens N] [--replays N] [--parallel N] [--texts N] [--seed N]; 0 leaves one out';
const values = valuesOf(usage, {
  options: {
    tokens: { type: 'string', default: '100000' },
    replays: { type: 'string', default: '1000' },
    parallel: { type: 'string', default: '50' },
    texts: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
  },
});
const [tokens = 0, replays = 0, parallel = 0, texts = 0, seed = 0] = [
  values.tokens,
  values.replays,
  values.parallel,
  values.texts,
  values.seed,
].map(Number);

process.exitCode = [tokens, replays, parallel, texts, seed].every((count) => Number.isSafeInteger(count) && count >= 0)
  ? await main()
  : calledWrongly(usage);

/** Attacks what is asked for; one line of JSON for each kind, exit 1 when one got through. Zero leaves a kind out. */
async function main(): Promise<0 | 1> {
  let gotThrough = 0;
  if (tokens > 0) {
    const { tried, opened, talkative, dearer, changed } = await attackTokens(tokens, seed);
    gotThrough += opened.length + talkative.length + dearer.length + (changed ? 1 : 0);
    say({ attack: 'tokens', tried, bitFlips: 256, opened, talkative, dearer, changed });
  }
  if (replays > 0) {
    const found = await attackReplays(replays, parallel, await ledger());
    gotThrough += found.wrong.length;
    say({ attack: 'replays', ...found });
  }
  if (texts > 0) {
    const found = await attackRenderers(texts, seed);
    gotThrough += found.escapes.length;
    say({ attack: 'texts', ...found });
  }
  return gotThrough === 0 ? 0 : 1;
}

/** DynamoDB where the environment names one, else the table in memory. */
async function ledger(): Promise<Parameters<typeof attackReplays>[2]> {
  const endpoint = process.env.AWS_ENDPOINT_URL_DYNAMODB;
  return endpoint === undefined ? {} : { table: await tableAt(endpoint, `attack-${process.pid}`) };
}

function say(line: unknown): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
