import { dispatch } from '../../lib/hold/dispatch.ts';
import { type OutboxItem, outboxItemOf, undoneErrands } from '../../lib/hold/outbox.ts';
import { type Happening, type Happenings, happenings, happeningsOf } from './happenings.ts';
import { type Random, randomFor } from './random.ts';
import type { Scene } from './scenes.ts';
import { happeningsFrom, type World } from './world.ts';

/** What goes on in one run, as its loop asks for it. */
export type Story = Pick<Happenings, 'accepted' | 'poisoned'> & {
  /** The happening of this number, of so many: which one it is and what it draws depend on seed and number alone. */
  happen(n: number, count: number): Promise<void>;
  /** While a stage resumes, something new comes: the schedules in which controllers lose holds. */
  interfere(): Promise<void>;
  /** The stream brings one errand, perhaps one that is under way already. */
  deliverOne(): Promise<void>;
  /**
   * What the scanner said and nobody took in yet comes in, and so do errands of the outbox that were not brought lately.
   * False when there was nothing to bring.
   */
  deliverAll(): Promise<boolean>;
  sweep(): Promise<void>;
};

/** The stream brings a failed errand again after this, in milliseconds. */
const bringAgainAfter = 10_000;

/** The story of a seed, at its beginning. */
export function storyOf(world: World): Story {
  const { seed, scene, random, scheduler, log } = world;
  const { mirror } = world.ledger;
  const { act, start, takeInAll, accepted, poisoned } = happeningsOf(world, randomFor(seed, happeningsFrom - 1));
  let interfered = 0;
  /** When an errand that still lies there is brought once more. */
  const again = new Map<string, number>();

  function deliver(item: OutboxItem): void {
    if (item.errand.kind === 'reconcile') start('stage', (ports) => world.design.errand(ports, item));
    else start('dispatch', (ports) => dispatch(ports, item));
  }

  return {
    accepted,
    poisoned,
    async happen(n, count) {
      const dice = randomFor(seed, happeningsFrom + n);
      // Each run has a hold, and where people do not decide soon a mending, or few would ever see a stage resume.
      if (n === 0) return await act['a finding taken in at once'](dice);
      if (n !== Math.floor(count * 0.35) || scene['an agreement'] !== undefined)
        return await act[drawn(scene, dice)](dice);
      await act['a fix of everything'](dice);
      takeInAll();
    },
    async interfere() {
      if (interfered === interferencesMax || !world.invariants.isResuming()) return;
      interfered += 1;
      log.reach('something new while a stage resumes');
      if (world.invariants.isAboutToEnable() && random.is(0.5)) {
        // Often nothing else comes in between, and the enable stands over it.
        if (random.is(0.7)) interfered = interferencesMax;
        return await act['a disable by a person'](random);
      }
      const name = random.pick(interferences);
      if (scene[name] !== undefined) await act[name](random);
    },
    async deliverOne() {
      const due = await mirror.listed('OUTBOX', { limit: 20 });
      if (due.length > 0) deliver(outboxItemOf(random.pick(due)));
    },
    async deliverAll() {
      const isTakenIn = takeInAll();
      const due = (await undoneErrands(mirror, 100)).filter(
        ({ pk, sk }) => scheduler.elapsed() >= (again.get(`${pk} ${sk}`) ?? 0),
      );
      for (const item of due) {
        again.set(`${item.pk} ${item.sk}`, scheduler.elapsed() + bringAgainAfter);
        deliver(item);
      }
      return isTakenIn || due.length > 0;
    },
    sweep: async () => act['a sweep'](random),
  };
}

/** More would only make a run long. */
const interferencesMax = 6;

/** What hurts most while a stage resumes. */
const interferences: readonly Happening[] = [
  'a finding taken in at once',
  'a finding taken in at once',
  'a release',
  'a release',
  'a release',
  'a fixed release',
  'a fixed release',
  'a fixed release',
  'a release moves',
  'a release moves',
  'a release moves',
  'a sweep',
  'a disable by a person',
  'a disable by a person',
];

function drawn(scene: Scene, dice: Random): Happening {
  const weights = happenings.map((name) => scene[name] ?? 0);
  let left = dice.fraction() * weights.reduce((sum, weight) => sum + weight, 0);
  return (
    happenings.find((_, at) => {
      left -= weights[at] ?? 0;
      return left < 0;
    }) ?? 'a minute'
  );
}
