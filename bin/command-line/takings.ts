import { z } from 'zod';
import { Failure } from './failure.ts';

/** What the runtime did with one record. */
export type Taking = z.infer<typeof Taking>;
const Taking = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('assessed'),
    verdict: z.enum(['pass', 'watch', 'halt']),
    holdId: z.string().optional(),
  }),
  z.object({ status: z.literal('ignored'), reason: z.string() }),
  z.object({ status: z.literal('rejected'), error: z.object({ message: z.string(), path: z.string() }) }),
]);

const Answer = z.union([z.object({ results: z.array(Taking) }), z.object({ error: z.string() })]);

/** What the runtime's `POST /events` answered. Throws a Failure with its own words when it took in nothing. */
export function takingsIn({
  status,
  answer,
}: {
  readonly status: number;
  readonly answer: unknown;
}): readonly Taking[] {
  const read = Answer.safeParse(answer);
  if (!read.success)
    throw new Failure(`The runtime answered ${status} and nothing that stopship understands: is it another version?`);
  if ('error' in read.data) throw new Failure(read.data.error);
  return read.data.results;
}
