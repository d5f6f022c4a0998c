import type { MiddlewareHandler } from 'hono';

const shared = {
  // Under `no-referrer` browsers send `Origin: null` with our own form.
  'Referrer-Policy': 'same-origin',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
} as const;

const strict =
  "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'" as const;

/** Headers of pages that run no script. */
export const pageHeaders = { ...shared, 'Content-Security-Policy': strict } as const;

/** Headers of pages that swap their main part by themselves with our own script. */
export const liveHeaders = {
  ...shared,
  'Content-Security-Policy': `${strict}; script-src 'self'; connect-src 'self'`,
} as const;

/** Puts the strict headers on every answer, errors included, unless the page has set its own. */
export function withPageHeaders(): MiddlewareHandler {
  return async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(pageHeaders)) if (!c.res.headers.has(name)) c.header(name, value);
  };
}
