import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { kevFeedAt } from '../../lib/aws/kev-feed.ts';
import { aCatalogue, entries } from '../risk/build-catalogue.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((done) => server.close(done));
});

test('the catalogue comes with its tag, and a known one is not sent again', async () => {
  const text = aCatalogue(entries(2));
  const feed = await feedOf((request, response) => {
    if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end();
    else response.writeHead(200, { etag: '"v1"' }).end(text);
  });

  expect(await feed.read(null)).toEqual({ status: 'catalogue', text, etag: '"v1"', copiedAt: null });
  expect(await feed.read('"v1"')).toEqual({ status: 'unchanged' });
});

test('an error, a redirect and a body beyond 20 MB are no catalogue', async () => {
  const broken = await feedOf((_, response) => response.writeHead(503).end());
  const moved = await feedOf((_, response) => response.writeHead(302, { location: '/elsewhere' }).end());
  const endless = await feedOf((_, response) => {
    response.on('error', () => null);
    for (let part = 0; part < 21; part += 1) response.write('x'.repeat(1_000_000));
    response.end();
  });

  await expect(broken.read(null)).rejects.toThrow('the answer was 503');
  await expect(moved.read(null)).rejects.toThrow("CISA's catalogue could not be read at 127.0.0.1");
  await expect(endless.read(null)).rejects.toThrow('it is larger than 20 MB');
});

test.each(['http://www.cisa.gov/kev.json', 'file:///etc/passwd', 'kev.json', ''])(
  'an address that is not https is refused before anything is read: %s',
  (address) => {
    expect(() => kevFeedAt(address)).toThrow('begins with https://');
  },
);

async function feedOf(answer: RequestListener) {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  return kevFeedAt(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/kev.json`);
}
