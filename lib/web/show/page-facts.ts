import type { BriefFacts } from '../../brief/facts.ts';
import { clockOf, zoneOf } from '../../brief/recipients.ts';
import type { Instant } from '../../finding/instant.ts';
import type { Hold } from '../../hold/hold.ts';
import type { Person, PolicyInForce } from '../../policy/policy.ts';
import { serviceOf } from './names.ts';

/** What the sentences of briefs need, for a page that speaks to everybody; null when the policy no longer has the service. */
export function pageFacts(policy: PolicyInForce, hold: Hold, now: Instant): BriefFacts | null {
  const service = serviceOf(policy, hold.service);
  if (service === null) return null;
  const clock = clockOf(service, policy);
  return {
    hold,
    service,
    clock,
    people: policy.people,
    person: everybody,
    role: 'executive',
    now,
    zone: zoneOf(clock),
    occasion: { kind: 'opened' },
    alsoNew: [],
    link: null,
    viewLink: null,
  };
}

/** No person's id is empty, so nobody is called "you". */
const everybody: Person = { id: '', name: 'everybody', aws: [], git: [] };
