import { z } from 'zod';
import type { Documents, Store } from './store.ts';

/** An event as EventBridge hands it on. */
export type AwsEvent = z.infer<typeof AwsEvent>;
export const AwsEvent = z.object({
  version: z.literal('0'),
  id: z.string(),
  'detail-type': z.string(),
  source: z.string(),
  account: z.string(),
  /** ISO 8601, to the second. */
  time: z.string(),
  region: z.string(),
  resources: z.array(z.string()),
  detail: z.unknown(),
});

/** An event that its receiver never took, why, and after how many tries. */
export type GivenUp = { readonly event: AwsEvent; readonly error: string; readonly tries: number };

const Queued = z.object({ event: AwsEvent, tries: z.number(), error: z.string().nullable() });
type Queued = z.infer<typeof Queued>;

/** Tries of one event before it is kept as given up. */
const triesMax = 5;

/**
 * Events on their way to their receiver: each is on disk before its sender is answered, and is handed over at least once,
 * again after a failure or a restart. What fails for good is kept.
 */
export class EventQueue {
  readonly #queued: Documents<Queued>;
  readonly #givenUp: Documents<Queued>;
  readonly #store: Store;
  readonly #deliver: (event: AwsEvent) => Promise<void>;
  readonly #onGivenUp: (event: AwsEvent, error: string) => void;
  readonly #retryMs: number;
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopped = false;

  constructor(options: {
    readonly store: Store;
    readonly deliver: (event: AwsEvent) => Promise<void>;
    /** Hears of each event that is given up. @default nobody */
    readonly onGivenUp?: ((event: AwsEvent, error: string) => void) | undefined;
    /** Before the second try; it doubles. @default 500 ms */
    readonly retryMs?: number | undefined;
  }) {
    this.#store = options.store;
    this.#deliver = options.deliver;
    this.#onGivenUp = options.onGivenUp ?? (() => {});
    this.#retryMs = options.retryMs ?? 500;
    this.#queued = options.store.documents('queued-event', Queued);
    this.#givenUp = options.store.documents('given-up-event', Queued);
  }

  /** Hands over what the last process left. */
  start(): void {
    for (const { event } of this.#queued.all()) void this.#try(event.id);
  }

  /**
   * Keeps the events and hands them over. Resolves after the first try of each, whatever became of it, so that who sends
   * an event and looks next sees its effect.
   */
  async accept(events: readonly AwsEvent[]): Promise<void> {
    this.#store.transaction(() => {
      for (const event of events) this.#queued.put(event.id, { event, tries: 0, error: null });
    });
    for (const event of events) await this.#try(event.id);
  }

  givenUp(): readonly GivenUp[] {
    return this.#givenUp.all().map(({ event, error, tries }) => ({ event, error: error ?? '', tries }));
  }

  /** How many events are on their way. */
  waiting(): number {
    return this.#queued.all().length;
  }

  /** Drops an event that was given up. */
  forget(id: string): void {
    this.#givenUp.delete(id);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #try(id: string): Promise<void> {
    const queued = this.#queued.get(id);
    if (queued === undefined || this.#stopped) return;
    try {
      await this.#deliver(queued.event);
      if (!this.#stopped) this.#queued.delete(id);
    } catch (error) {
      if (!this.#stopped) this.#failed(queued, error instanceof Error ? error.message : String(error));
    }
  }

  #failed(queued: Queued, error: string): void {
    const { id } = queued.event;
    const tried = { ...queued, tries: queued.tries + 1, error };
    if (tried.tries >= triesMax) {
      this.#store.transaction(() => {
        this.#givenUp.put(id, tried);
        this.#queued.delete(id);
      });
      this.#onGivenUp(tried.event, error);
      return;
    }
    this.#queued.put(id, tried);
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        void this.#try(id);
      },
      this.#retryMs * 2 ** queued.tries,
    );
    this.#timers.add(timer);
  }
}
