import type { Ports } from '../aws/ports.ts';
import type { AwsEvent } from './event-queue.ts';

/**
 * Writes to the policy's security people that an event was given up. In an account an alarm on the dead-letter queue does it;
 * as there, it rings when the first one lies there and not for each.
 */
export async function tellOfDeadLetter(
  { notifier, policy }: Pick<Ports, 'notifier' | 'policy'>,
  event: AwsEvent,
): Promise<void> {
  for (const personId of policy.security) {
    await notifier.send({
      personId,
      holdId: null,
      kind: 'dead-letter',
      subject: 'stopship could not take an event - what it reports may be missed',
      email: [
        `An event from ${event.source} of ${event.time} could not be taken after its tries, and lies in the dead-letter queue.`,
        'If it reports a flaw, no stage was halted for it.',
        `\nLook at it: stopship dlq show ${event.id}\nWhen the cause is mended: stopship dlq redrive ${event.id}`,
        '\nFurther ones are not written about until the queue is empty: stopship dlq list shows all.',
      ].join('\n'),
      sms: null,
    });
  }
}
