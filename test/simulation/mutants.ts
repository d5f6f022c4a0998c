import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/** One change to one file of production code that breaks what the simulator must hold. */
export type Mutant = {
  /** Under lib. */
  readonly file: string;
  /** Texts that stand in the file exactly once, and what stands there instead. */
  readonly changes: readonly (readonly [from: string, to: string])[];
};

/** What is taken away from production code, by name: each must be caught. */
export const mutants: { readonly [name: string]: Mutant } = {
  'no-last-read': {
    file: 'hold/controller.ts',
    changes: [
      ["if (last.open.size > 0) return { state: 'unsettled', why: 'a hold was opened meanwhile' };", ''],
      ["const noHold: Condition = { absent: 'open' };", 'const noHold = undefined;'],
    ],
  },
  'no-epoch': {
    file: 'hold/lease.ts',
    changes: [
      ["when: { equals: ['epoch', lease.epoch] } };\n}\n\n/** Gives", "when: { exists: 'epoch' } };\n}\n\n/** Gives"],
    ],
  },
  'no-read-back-of-disable': {
    file: 'hold/controller.ts',
    changes: [
      [
        `    seen = await deps.pipeline.state(stage.address);
    if (seen.transition.enabled)
      return { state: 'unsettled', why: 'the transition still reads enabled after it was disabled' };
`,
        '',
      ],
    ],
  },
  'no-read-back-of-enable': {
    file: 'hold/controller.ts',
    changes: [['return await afterEnable(deps, last, before, lease);', "return { state: 'free' };"]],
  },
  'no-release-comparison': {
    file: 'hold/clearance.ts',
    changes: [['if (waiting === null) return true;', 'if (waiting !== undefined) return true;']],
  },
  'no-put-back': {
    file: 'hold/override.ts',
    changes: [['if (lastEnable === null || ', 'if (lastEnable !== undefined || ']],
  },
  'no-evidence-in-sweep': {
    file: 'decision/sweep.ts',
    changes: [['(await lookForEvidence(deps, hold)).gone) {', 'false) {']],
  },
  'waiver-without-end': {
    file: 'decision/sweep.ts',
    changes: [["await attempt('waivers', async () => (await endWaiver(deps, waiver)) !== null);", 'void waiver;']],
  },
  'waiver-ends-free': {
    file: 'decision/waiver.ts',
    changes: [['const isHalted = !evidence.gone && (await haltAgain(deps, hold));', 'const isHalted = false;']],
  },
  'roll-back-is-a-stranger': {
    file: 'hold/stage.ts',
    changes: [[' || (backTo !== null && back.has(backTo))', '']],
  },
  'no-policy-comparison': {
    file: 'decision/agreement.ts',
    changes: [["if (vote.policyHash !== policyHash) return 'policy';", '']],
  },
};

/** Makes every later import of the mutant's file read the broken text. Throws when the text to change is not there once. */
export function breakProduction(name: string): void {
  const mutant = mutants[name];
  if (mutant === undefined) throw new RangeError(`${name} is no mutant`);
  const broken = fileURLToPath(new URL(`../../lib/${mutant.file}`, import.meta.url));
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      if (!url.startsWith('file:') || fileURLToPath(url) !== broken) return loaded;
      return { ...loaded, source: brokenText(mutant, String(loaded.source)) };
    },
  });
}

function brokenText({ file, changes }: Mutant, source: string): string {
  return changes.reduce((text, [from, to]) => {
    if (text.split(from).length !== 2)
      throw new Error(`lib/${file} does not have once what the mutant changes: ${from}`);
    return text.replace(from, () => to);
  }, source);
}
