import { z } from 'zod';
import { Instant } from '../finding/instant.ts';
import { Comparison } from '../risk/origin.ts';

const Looked = z.object({
  /** When the releases were compared, and on which revision of the hold. */
  at: Instant,
  revision: z.number().int(),
  /** Execution of the release that is held; null while none is known. */
  release: z.string().nullable(),
});

/** Both releases are known: what the waiting one changes. */
const Known = Looked.extend({
  comparison: Comparison,
  /** Execution of the release in production. */
  production: z.string(),
});

/** Whether the release that is held introduces the problem, or production has it already. Null is unknown, never "no". */
export type Origin = z.infer<typeof Origin>;
export const Origin = z.discriminatedUnion('introduced', [
  /** Production does not show all of it, by a scan at `scannedAt`. */
  Known.extend({ introduced: z.literal(true), scannedAt: Instant }),
  Known.extend({ introduced: z.literal(false) }),
  Looked.extend({
    introduced: z.literal(null),
    /** Why, as the end of "not known: ". */
    because: z.string(),
    /** It may be known later without another release: a scan is missing, or the scanner did not answer. */
    mayChange: z.boolean(),
  }),
]);
