import type { StageAddress } from '../../lib/policy/policy.ts';
import type { Look } from './pipelines.ts';

/** What a process was last shown of each stage, by name, and whether it has switched the transition since. */
export type Seen = ReadonlyMap<string, Look & { readonly isBeforeSwitch: boolean }>;

/** What each process was last shown of a stage, and whether it has switched the transition since. */
export type Looks = {
  looked(process: string, address: StageAddress, look: Look): void;
  switched(process: string, address: StageAddress): void;
  /** An enable of this process was answered; it asks for the state: what the enable did is read back. */
  enabled(process: string): void;
  asked(process: string): void;
  isUnread(process: string): boolean;
  /** As of now: later looks of the process do not change it. */
  seenBy(process: string): Seen;
};

/** Looks of processes that have seen nothing yet. */
export function looksOf(): Looks {
  const looks = new Map<string, Seen>();
  const unread = new Set<string>();
  const seenBy = (process: string): Seen => looks.get(process) ?? new Map();
  return {
    looked: (process, { name }, look) =>
      void looks.set(process, new Map(seenBy(process)).set(name, { ...look, isBeforeSwitch: false })),
    switched(process, { name }) {
      const look = seenBy(process).get(name);
      if (look !== undefined) looks.set(process, new Map(seenBy(process)).set(name, { ...look, isBeforeSwitch: true }));
    },
    enabled: (process) => void unread.add(process),
    asked: (process) => void unread.delete(process),
    isUnread: (process) => unread.has(process),
    seenBy,
  };
}
