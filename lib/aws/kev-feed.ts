import type { KevAnswer, KevFeed } from '../hold/kev-feed.ts';
import { catalogueMax } from '../risk/kev-catalogue.ts';

/** Where CISA publishes the catalogue. */
export const cisaAddress = 'https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json';

/** Milliseconds after which a reading is given up. */
const readFor = 20_000;

/**
 * The catalogue at an address: over https, without redirects, at most 20 MB in 20 seconds. Plain http only from this machine
 * itself, where nobody is in between. Throws an Error for any other address.
 */
export function kevFeedAt(address: string): KevFeed {
  const url = urlOf(address);
  return {
    async read(etag) {
      try {
        const response = await fetch(url, {
          headers: { accept: 'application/json', ...(etag === null ? {} : { 'if-none-match': etag }) },
          redirect: 'error',
          signal: AbortSignal.timeout(readFor),
        });
        return await answerOf(response);
      } catch (error) {
        throw new Error(`CISA's catalogue could not be read at ${url.host}: ${whyOf(error)}`, { cause: error });
      }
    },
  };
}

function urlOf(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  const isLocal = url?.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url === null || !(url.protocol === 'https:' || isLocal))
    throw new Error(`the address of CISA's catalogue begins with https://, not ${JSON.stringify(address)}`);
  return url;
}

async function answerOf(response: Response): Promise<KevAnswer> {
  if (response.status === 304) return { status: 'unchanged' };
  if (!response.ok) throw new Error(`the answer was ${response.status}`);
  const text = await textOf(response);
  return { status: 'catalogue', text, etag: response.headers.get('etag'), copiedAt: null };
}

/** The body, read only as far as a catalogue can reach. */
async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > catalogueMax) throw new Error('it is larger than 20 MB');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** `fetch` hides the reason in the cause. */
function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}
