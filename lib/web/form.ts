import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { problemPage } from './pages/problem.ts';

/** Bytes of a form at most. */
export const formMax = 16 * 1024;

/** Why a POST is not even read. */
const refusals = {
  'foreign-origin': {
    status: 403,
    title: 'Not accepted',
    text: 'The form was not sent from this page. Open the page itself and send it from there.',
  },
  'not-a-form': { status: 415, title: 'Not accepted', text: 'Only the form of this page can be sent here.' },
  'too-large': {
    status: 413,
    title: 'Too long',
    text: 'What was sent is longer than 16 KB. Go back and shorten the text: nothing was recorded.',
  },
  'field-twice': {
    status: 400,
    title: 'Not accepted',
    text: 'A field was sent twice. Go back and send the form once more: nothing was recorded.',
  },
} as const;
type Refusal = keyof typeof refusals;

/**
 * Lets only our own forms through: sent from our own page, form-encoded, at most 16 KB. A browser tells where a form
 * comes from by Sec-Fetch-Site; one too old for it, by Origin, which must then be our configured address.
 */
export function ownForms(where: 'board' | 'decision', publicUrl: () => string): MiddlewareHandler {
  const limited = bodyLimit({ maxSize: formMax, onError: (c) => refuse(c, where, 'too-large') });
  return async (c, next) => {
    if (!isFromOurPage(c, publicUrl())) return refuse(c, where, 'foreign-origin');
    if (!isFormEncoded(c.req.header('content-type'))) return refuse(c, where, 'not-a-form');
    return limited(c, next);
  };
}

/** The form's fields, or the answer to a form that sends one twice. */
export async function fieldsOf(
  c: Context,
  where: 'board' | 'decision',
): Promise<ReadonlyMap<string, string> | Response> {
  const sent = [...new URLSearchParams(await c.req.text())];
  const fields = new Map(sent);
  return fields.size === sent.length ? fields : refuse(c, where, 'field-twice');
}

function isFromOurPage(c: Context, publicUrl: string): boolean {
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  return c.req.header('origin') === new URL(publicUrl).origin;
}

function isFormEncoded(type: string | undefined): boolean {
  return type?.split(';', 1)[0]?.trim().toLowerCase() === 'application/x-www-form-urlencoded';
}

async function refuse(c: Context, where: 'board' | 'decision', refusal: Refusal): Promise<Response> {
  const { status, title, text } = refusals[refusal];
  return c.html(problemPage(where, title, text), status);
}
