import { type Instant, msOf } from '../finding/instant.ts';
import { stageKeyOf } from './hold.ts';
import type { Pipeline } from './pipeline.ts';
import type { ClockPort } from './ports.ts';

/** How long what this process saw is good enough, in milliseconds: about as old as a read of CodePipeline may be anyway. */
const goodFor = 10_000;
const keptMax = 1_000;

/**
 * One pipeline with two ways to read it. `pipeline` reads: for a proof, as the controller and the verification need it. `glance`
 * is for who only wants to know what is going on: what this process read a moment ago is not read again, since many holds on
 * one stage ask the same, and CodePipeline takes few calls.
 */
export function withGlance(
  source: Pipeline,
  clock: ClockPort,
): { readonly pipeline: Pipeline; readonly glance: Pipeline } {
  const state = remembering(clock, source.state, stageKeyOf);
  const release = remembering(clock, source.release, (...asked) => JSON.stringify(asked));
  return {
    pipeline: { ...source, state: state.read },
    glance: { ...source, state: state.glance, release: release.glance },
  };
}

function remembering<Args extends readonly unknown[], Answer>(
  clock: ClockPort,
  source: (...args: Args) => Promise<Answer>,
  keyOf: (...args: Args) => string,
) {
  const known = new Map<string, { readonly at: Instant; readonly answer: Answer }>();
  async function read(...args: Args): Promise<Answer> {
    const at = clock.now();
    const answer = await source(...args);
    if (known.size >= keptMax) known.clear();
    known.set(keyOf(...args), { at, answer });
    return answer;
  }
  async function glance(...args: Args): Promise<Answer> {
    const seen = known.get(keyOf(...args));
    const isGood = seen !== undefined && msOf(clock.now()) - msOf(seen.at) < goodFor;
    return isGood ? seen.answer : await read(...args);
  }
  return { read, glance };
}
