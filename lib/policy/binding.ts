import type { Finding } from '../finding/finding.ts';
import type { PolicyInForce, Service } from './policy.ts';

/**
 * The services of the policy that claim a finding: those with a pattern that matches one of its resources, in the policy's
 * order. Every dialect's spelling of a resource is tried (completed and as sent; an image with and without its digest, a
 * function with and without its qualifier). Tags never bind: whoever can tag a resource could take it out of a service.
 * A finding that a person ordered names its service itself, as a resource of which the id is the service's name.
 */
export function servicesFor(finding: Finding, policy: PolicyInForce): readonly Service[] {
  if (finding.dialect === 'ordered') {
    return policy.services.filter((service) => finding.resources.some(({ id }) => id === service.name));
  }
  const names = finding.resources.flatMap((resource) => [...namesOf(resource.id), ...namesOf(resource.original)]);
  return policy.services.filter((service) =>
    service.resources.some((pattern) => names.some((name) => matchesPattern(pattern, name))),
  );
}

/**
 * Whether the whole text fits the pattern, in which `*` matches any characters and everything else itself. Takes the leftmost
 * fit of each piece in turn, so that no pattern makes it go back.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}

/** An image's repository from any spelling of its address (`…/NAME/sha256:…`, `…/NAME@sha256:…`); other ids as they are. */
export function repositoryOf(id: string): string {
  return id.replace(/[/@]sha256:[0-9a-f]*$/i, '');
}

function namesOf(id: string): readonly string[] {
  return [...new Set([id, repositoryOf(id), unqualified(id)])].filter((name) => name !== '');
}

// arn:aws:lambda:REGION:ACCOUNT:function:NAME:QUALIFIER is version QUALIFIER of the function that the policy names.
function unqualified(id: string): string {
  return id.replace(/^(arn:[^:]+:lambda:[^:]*:[^:]*:function:[^:]+):[^:]+$/, '$1');
}
