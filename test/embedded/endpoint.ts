import type { WireService } from '../../lib/embedded/wire.ts';
import { startWire } from '../../lib/embedded/wire.ts';

/** What every SDK client of these tests is made with. */
export type ClientConfig = {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts: number;
};

/** An endpoint with these services, and how a client reaches it. */
export async function endpointOf(...services: readonly WireService[]) {
  const errors: unknown[] = [];
  const wire = await startWire({ services, onError: (error) => errors.push(error) });
  const config: ClientConfig = {
    endpoint: wire.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' },
    maxAttempts: 1,
  };
  return { wire, config, errors, url: wire.url };
}

/** Looks again until `look` finds something: what flows on its own is met, not timed. */
export async function eventually<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let tries = 0; tries < 2000; tries += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('it never came');
}
