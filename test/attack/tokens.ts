import { linkKey } from '../../lib/decision/link.ts';
import { seededChance } from '../builders.ts';
import { aSite, ownForm, type Site } from './site.ts';

/** What became of tokens that nobody was given. */
export type TokenAttack = {
  readonly tried: number;
  /** Tokens that led anywhere but to "This link is not known". */
  readonly opened: readonly string[];
  /** Tokens answered otherwise, by a letter or a header, than a right selector with a wrong verifier. */
  readonly talkative: readonly string[];
  /** Tokens that cost other reads, writes or comparisons than that. */
  readonly dearer: readonly string[];
  /** Whether anything in the ledger is other than before. */
  readonly changed: boolean;
};

/** Tries forged and mutated tokens, and each with a vote: every bit of the verifier, then `count` by chance. */
export async function attackTokens(
  count: number,
  seed: number,
  over: Parameters<typeof aSite>[0] = {},
): Promise<TokenAttack> {
  const site = await aSite(over);
  const { world } = site;
  const right = world.tokenOf('rui');
  const other = world.tokenOf('ana');
  const item = await world.table.get(linkKey(partsOf(right).selector));
  const forms = { post: await site.form('rui', right, { action: 'keep-halted' }), headers: ownForm };
  const plain = await answerTo(site, `ss1.${partsOf(right).selector}.${'A'.repeat(43)}`, forms);
  const before = site.facts();
  const opened: string[] = [];
  const talkative: string[] = [];
  const dearer: string[] = [];
  let tried = 0;
  const fraction = seededChance(seed).fraction;
  for (const token of [
    ...bitFlips(right),
    ...crafted(right, other, String(item?.mac)),
    ...byChance(right, other, count, fraction),
  ]) {
    tried += 1;
    const answer = await answerTo(site, token, forms);
    if (answer.status.some((status) => status !== 404)) opened.push(token);
    if (answer.text !== plain.text) talkative.push(token);
    if (answer.cost !== plain.cost) dearer.push(token);
  }
  return { tried, opened, talkative, dearer, changed: site.facts() !== before };
}

type Answer = { readonly status: readonly number[]; readonly text: string; readonly cost: string };

/** What looking and voting with a token answer, and what they cost in reads, comparisons and writes. */
async function answerTo(
  site: Site,
  token: string,
  { post, headers }: { readonly post: string; readonly headers: Record<string, string> },
): Promise<Answer> {
  const { calls } = site.world;
  const before = { ...calls, ...site.costs };
  const answers = [await site.get(token), await site.post(token, post, headers)];
  const texts = await Promise.all(
    answers.map(async (answer) => `${JSON.stringify([...answer.headers])}\n${await answer.text()}`),
  );
  const cost = [
    calls.reads - before.reads,
    calls.transactions - before.transactions,
    site.costs.comparisons - before.comparisons,
  ];
  return { status: answers.map(({ status }) => status), text: texts.join('\n'), cost: cost.join(' ') };
}

/** The token with each of the 256 bits of its verifier turned. */
export function bitFlips(token: string): readonly string[] {
  const { selector, verifier } = partsOf(token);
  return Array.from({ length: 256 }, (_, bit) => {
    const bytes = Buffer.from(verifier, 'base64url');
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return `ss1.${selector}.${bytes.toString('base64url')}`;
  });
}

/** What somebody tries who knows the format, another link, or what the ledger keeps of this one. */
function crafted(right: string, other: string, mac: string): readonly string[] {
  const { selector, verifier } = partsOf(right);
  const last = verifier.slice(-1);
  // The last letter carries four bits of 256 and two that no decoder reads: its three neighbours decode alike.
  const alike = [...alphabet].filter(
    (letter) => letter !== last && alphabet.indexOf(letter) >> 2 === alphabet.indexOf(last) >> 2,
  );
  return [
    ...alike.map((letter) => `ss1.${selector}.${verifier.slice(0, -1)}${letter}`),
    `ss1.${selector}.${mac}`,
    `ss1.${selector}.${partsOf(other).verifier}`,
    `ss1.${partsOf(other).selector}.${verifier}`,
    `ss1.${verifier}.${selector}`,
    `ss1.${selector}.`,
    `ss1.${selector}`,
    `ss1..${verifier}`,
    `SS1.${selector}.${verifier}`,
    `ss2.${selector}.${verifier}`,
    `${selector}.${verifier}`,
    right.toUpperCase(),
    ` ${right}`,
    `${right} `,
    `${right}\n`,
    `${right}\u0000`,
    `${right}=`,
    `${right}.${verifier}`,
    `${right}/../${right}`,
    `${right}${right}`,
    right.replaceAll('-', '+').replaceAll('_', '/').concat('/'),
    `ss1.${'A'.repeat(22)}.${'A'.repeat(43)}`,
    'ss1.STATE.STATE',
    'ss1.#.#',
    '__proto__',
    'ss1',
    'x'.repeat(6000),
  ];
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** `count` tokens; what chance gives back as it was given is left out. */
function* byChance(right: string, other: string, count: number, fraction: () => number): Generator<string> {
  for (let n = 0, made = 0; made < count; n += 1) {
    const token = mutated(n, right, other, fraction);
    if (token === right || token === other) continue;
    made += 1;
    yield token;
  }
}

function mutated(n: number, right: string, other: string, fraction: () => number): string {
  const { selector, verifier } = partsOf(right);
  const pick = (below: number) => Math.floor(fraction() * below);
  const letters = (length: number) => Array.from({ length }, () => alphabet[pick(64)]).join('');
  switch (n % 5) {
    case 0: // forged from nothing
      return `ss1.${letters(22)}.${letters(43)}`;
    case 1: // a known selector
      return `ss1.${selector}.${letters(43)}`;
    case 2: // a few letters of the right one changed
      return changed(right, 1 + pick(3), pick, letters);
    case 3: // cut, or grown
      return pick(2) === 0 ? right.slice(0, 1 + pick(right.length - 1)) : `${right}${letters(1 + pick(9))}`;
    default: // spliced with another right one
      return `ss1.${selector}.${spliced(verifier, partsOf(other).verifier, 1 + pick(42))}`;
  }
}

function changed(
  token: string,
  times: number,
  pick: (below: number) => number,
  letters: (n: number) => string,
): string {
  let text = token;
  for (let n = 0; n < times; n += 1) {
    const at = pick(token.length);
    text = `${text.slice(0, at)}${letters(1)}${text.slice(at + 1)}`;
  }
  return text;
}

function spliced(one: string, other: string, at: number): string {
  return one.slice(0, at) + other.slice(at);
}

function partsOf(token: string): { readonly selector: string; readonly verifier: string } {
  const [, selector = '', verifier = ''] = token.split('.');
  return { selector, verifier };
}
