import { hexToBytes } from '@noble/hashes/utils.js';
import type { Service } from './policy.ts';

/** A hold under one of two policies. `ms`: how long it lasts. */
export type Held = {
  readonly service: Service;
  readonly ms: number;
  readonly isAudit: boolean;
  readonly rules: readonly string[];
};
export type Side = 'before' | 'after';

/** A hold under both policies; null where that one does not halt. */
export type Sides = { readonly [side in Side]: Held | null };

/** Vulnerabilities of one hold that are told apart. */
export const vulnerabilitiesMax = 20;

/**
 * Holds of a backtest, by their problem. Of each it keeps three numbers and a short key: what holds have in common (service,
 * rules, vulnerabilities) is kept once, so that half a million of them fit into the memory of a laptop's terminal.
 */
export class TriedHolds {
  readonly #places = new Map<string, number>();
  /** By place: the number of the sides of a hold, and the numbers of its vulnerabilities; a single one without a list. */
  readonly #sidesAt: number[] = [];
  readonly #namesAt: (number | number[])[] = [];
  readonly #sides = new Numbered<Sides>();
  readonly #names = new Numbered<string>();

  /** A finding of this problem halts under one of the policies, because of a vulnerability. */
  add(problem: string, side: Side, held: Held, name: string): void {
    const key = String.fromCharCode(...hexToBytes(problem));
    const place = this.#places.get(key);
    const known = place === undefined ? nobody : this.#sides.at(this.#sidesAt[place] ?? 0);
    const sides = { ...known, [side]: joined(known[side], held) };
    const number = this.#sides.numberOf(nameOfSides(sides), sides);
    const nameNumber = this.#names.numberOf(name, name);
    if (place === undefined) {
      this.#places.set(key, this.#sidesAt.length);
      this.#sidesAt.push(number);
      this.#namesAt.push(nameNumber);
      return;
    }
    this.#sidesAt[place] = number;
    this.#namesAt[place] = withName(this.#namesAt[place] ?? nameNumber, nameNumber);
  }

  /** Every hold with its vulnerabilities. */
  *all(): Generator<Sides & { readonly vulnerabilities: readonly string[] }> {
    for (const [place, number] of this.#sidesAt.entries()) {
      const names = this.#namesAt[place] ?? [];
      const numbers = typeof names === 'number' ? [names] : names;
      yield { ...this.#sides.at(number), vulnerabilities: numbers.map((one) => this.#names.at(one)) };
    }
  }
}

/** Values that are kept once each, and stand elsewhere as numbers. */
class Numbered<T> {
  readonly #numbers = new Map<string, number>();
  readonly #values: T[] = [];

  numberOf(name: string, value: T): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#values.length);
    return this.#values.push(value) - 1;
  }

  /** Throws a RangeError for a number that nothing has. */
  at(number: number): T {
    const value = this.#values[number];
    if (value === undefined) throw new RangeError(`nothing has the number ${number}`);
    return value;
  }
}

const nobody: Sides = { before: null, after: null };

/** The first finding says how long a hold lasts; all say by which rules it halts. */
function joined(known: Held | null, held: Held): Held {
  if (known === null) return held;
  const news = held.rules.filter((rule) => !known.rules.includes(rule));
  return news.length === 0 ? known : { ...known, rules: [...known.rules, ...news] };
}

function nameOfSides({ before, after }: Sides): string {
  return JSON.stringify([before, after].map((held) => held && [held.service.name, held.ms, held.isAudit, held.rules]));
}

function withName(names: number | number[], name: number): number | number[] {
  if (typeof names === 'number') return names === name ? names : [names, name];
  if (!names.includes(name) && names.length < vulnerabilitiesMax) names.push(name);
  return names;
}
