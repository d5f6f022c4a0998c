import type { StageAddress } from '../../lib/policy/policy.ts';
import type { Look } from './pipelines.ts';

/** What each process was last shown of a stage, and whether it has switched the transition since. */
export type Looks = {
  looked(process: string, address: StageAddress, look: Look): void;
  switched(process: string, address: StageAddress): void;
  /** An enable of this process was answered; it asks for the state: what the enable did is read back. */
  enabled(process: string): void;
  asked(process: string): void;
  isUnread(process: string): boolean;
  /** Null before the first look. */
  last(process: string, address: StageAddress): (Look & { readonly isBeforeSwitch: boolean }) | null;
};

/** Looks of processes that have seen nothing yet. */
export function looksOf(): Looks {
  const looks = new Map<string, Look & { readonly isBeforeSwitch: boolean }>();
  const unread = new Set<string>();
  const keyOf = (process: string, { name }: StageAddress) => `${process} ${name}`;
  return {
    looked: (process, address, look) => void looks.set(keyOf(process, address), { ...look, isBeforeSwitch: false }),
    switched(process, address) {
      const look = looks.get(keyOf(process, address));
      if (look !== undefined) looks.set(keyOf(process, address), { ...look, isBeforeSwitch: true });
    },
    enabled: (process) => void unread.add(process),
    asked: (process) => void unread.delete(process),
    isUnread: (process) => unread.has(process),
    last: (process, address) => looks.get(keyOf(process, address)) ?? null,
  };
}
