import { setTimeout as sleep } from 'node:timers/promises';
import { type Random, randomOf } from '../simulation/random.ts';
import { bundledCommand } from './bundle.ts';
import { brokenAtOnce, type Inspection, inspectionOf, nothingSeen, notYet, type Seen } from './checks.ts';
import { aMachine, type Machine, type Place } from './machine.ts';
import { emptyJournal, type Journal, loadUntilDead } from './world.ts';

/** What a run of kills came to. Times in milliseconds. */
export type CrashReport = {
  readonly kills: number;
  /** Kills before the runtime had said that it runs. */
  readonly killsInStart: number;
  readonly findings: number;
  readonly votes: number;
  readonly holds: number;
  /** From the runtime's first word until all that must come about had come about: the longest. */
  readonly longestRecovery: number;
  readonly violations: readonly string[];
};

/** How long what must come about by itself may take, in milliseconds: two sweeps, each with the looks of a controller. */
const recoversWithin = 60_000;
/** Under load, and in a start, the runtime lives at most so long, in milliseconds. */
const loadMax = 2_000;
const startMax = 1_500;
const killedInStart = 0.15;

/**
 * Kills a runtime under load as often as asked, at moments that the seed draws, and looks after each restart whether
 * anything is broken or lost. Ends at the first violation.
 */
export async function crash(options: {
  readonly kills: number;
  readonly seed: number;
  /** Ends the run earlier, after so many minutes. @default never */
  readonly minutes?: number;
  readonly tell: (line: string) => void;
}): Promise<CrashReport> {
  const endsAt = Date.now() + (options.minutes ?? Number.POSITIVE_INFINITY) * 60_000;
  const random = randomOf(options.seed);
  const machine = aMachine(await bundledCommand());
  const journal = emptyJournal();
  const seen = nothingSeen();
  let kills = 0;
  let killsInStart = 0;
  let longestRecovery = 0;
  let violations: readonly string[] = [];
  while (violations.length === 0) {
    const place = await started(machine, random, kills);
    if (place === null) {
      kills += 1;
      killsInStart += 1;
      continue;
    }
    const since = Date.now();
    violations = await wrongAfterStart(inspectionOf(place), journal, seen);
    longestRecovery = Math.max(longestRecovery, Date.now() - since);
    if (violations.length > 0 || kills >= options.kills || Date.now() > endsAt) break;
    await Promise.all([loadUntilDead(place, random, journal), machine.killAfter(random.below(loadMax))]);
    kills += 1;
    if (kills % 10 === 0) options.tell(`${kills} kills, ${journal.findings.size} findings, ${seen.chains.size} holds`);
  }
  if (violations.length > 0) options.tell(machine.said());
  await machine.killAfter(0);
  const { findings, votes } = journal;
  const counts = { findings: findings.size, votes: votes.length, holds: seen.chains.size };
  return { kills, killsInStart, ...counts, longestRecovery, violations };
}

/** Starts the runtime; sometimes kills it on the way, and answers null. */
async function started(machine: Machine, random: Random, kills: number): Promise<Place | null> {
  if (kills === 0 || !random.is(killedInStart)) return await machine.start();
  await Promise.all([machine.start(), machine.killAfter(random.below(startMax))]);
  return null;
}

async function wrongAfterStart(inspection: Inspection, journal: Journal, seen: Seen): Promise<readonly string[]> {
  const giveUpAt = Date.now() + recoversWithin;
  let suspicious: readonly string[] = [];
  for (let looks = 1; ; looks += 1) {
    // The runtime works while we read item by item: only what stays wrong is wrong.
    const broken = await brokenAtOnce(inspection, seen);
    suspicious = looks === 1 ? broken : broken.filter((wrong) => suspicious.includes(wrong));
    if (suspicious.length > 0 && looks % looksToBelieve === 0) return suspicious;
    if (suspicious.length === 0) suspicious = broken;
    const missing = await notYet(inspection, journal, seen);
    if (missing.length === 0 && broken.length === 0) return [];
    if (Date.now() > giveUpAt) return [...broken, ...missing];
    await sleep(lookEvery);
  }
}

const looksToBelieve = 4;
/** In milliseconds: to look oftener costs the runtime, on a machine of few cores, more than it tells. */
const lookEvery = 500;
