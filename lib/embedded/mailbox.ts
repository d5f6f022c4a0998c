import { z } from 'zod';
import type { Documents, Store } from './store.ts';

/** What SNS delivered to one address. */
export type Delivery = z.infer<typeof Delivery>;
export const Delivery = z.object({
  messageId: z.string(),
  /** Milliseconds since 1970. */
  at: z.number(),
  /** `confirmation` asks an address whether it wants the messages; everything else is a `notification`. */
  kind: z.enum(['notification', 'confirmation']),
  protocol: z.string(),
  endpoint: z.string(),
  /** Null for a message to a bare telephone number. */
  topicArn: z.string().nullable(),
  subscriptionArn: z.string().nullable(),
  /** Null where the protocol has none, as SMS. */
  subject: z.string().nullable(),
  body: z.string(),
  /** Name → value, as the sender put them. */
  attributes: z.record(z.string(), z.string()),
  /** Where a click ends the subscription; SNS puts it under each e-mail. */
  unsubscribeUrl: z.string().nullable(),
});

/** Everything that was delivered, oldest first; filled by the embedded SNS and by nothing else. */
export class Mailbox {
  readonly #deliveries: Documents<Delivery>;
  readonly #listeners = new Set<(delivery: Delivery) => void>();

  constructor(store: Store) {
    this.#deliveries = store.documents('delivery', Delivery);
  }

  deliveries(): readonly Delivery[] {
    return this.#deliveries.all();
  }

  /** Calls back after each delivery; the answer ends it. */
  onDelivery(listener: (delivery: Delivery) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  deliver(delivery: Delivery): void {
    this.#deliveries.put(
      `${delivery.messageId} ${delivery.subscriptionArn ?? delivery.endpoint} ${delivery.kind}`,
      delivery,
    );
    for (const listener of this.#listeners) listener(delivery);
  }
}
