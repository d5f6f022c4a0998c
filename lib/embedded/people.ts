import { TOTP, URI } from 'otpauth';
import type { Ports } from '../aws/ports.ts';
import { enroll, enrolledAddress } from '../decision/factor.ts';
import { rolesOf } from '../decision/rules.ts';
import { type Instant, instantOf } from '../finding/instant.ts';
import type { Policy, PolicyInForce, Role } from '../policy/policy.ts';
import type { Delivery, Mailbox } from './mailbox.ts';

/** A message as a person got it. */
export type Received = {
  readonly id: string;
  readonly at: Instant;
  /** Null when the address is nobody's of the policy. */
  readonly personId: string | null;
  readonly role: Role | null;
  readonly to: string;
  readonly channel: 'email' | 'sms';
  readonly subject: string;
  readonly body: string;
  /** Addresses of decision pages in it. */
  readonly links: readonly string[];
  readonly holdId: string | null;
  readonly kind: string;
};

/** What SNS delivered, oldest first. A person is known by the address it went to, never by what the message says. */
export function receivedMessages(mailbox: Mailbox, policy: Policy): readonly Received[] {
  return mailbox.deliveries().flatMap((delivery) => {
    const channel = delivery.protocol === 'sms' ? 'sms' : delivery.protocol.startsWith('email') ? 'email' : null;
    return channel === null ? [] : [receivedOf(delivery, channel, policy)];
  });
}

function receivedOf(delivery: Delivery, channel: 'email' | 'sms', policy: Policy): Received {
  const person = policy.people.find(({ email, sms }) => (channel === 'email' ? email : sms) === delivery.endpoint);
  const hold = delivery.attributes.hold;
  return {
    id: `${delivery.messageId}-${channel}`,
    at: instantOf(delivery.at),
    personId: person?.id ?? null,
    role: person === undefined ? null : roleOf(person.id, policy),
    to: delivery.endpoint,
    channel,
    subject: delivery.subject ?? '',
    body: delivery.body,
    links: delivery.body.match(/https?:\/\/[^\s/]+\/d\/ss1\.[A-Za-z0-9_.-]+/g) ?? [],
    holdId: hold === undefined || hold === 'none' ? null : hold,
    kind: delivery.kind === 'confirmation' ? 'confirmation' : (delivery.attributes.kind ?? 'notification'),
  };
}

/** The first role that a person has on any service. */
function roleOf(personId: string, policy: Policy): Role | null {
  for (const service of policy.services) {
    const [role] = rolesOf(personId, service);
    if (role !== undefined) return role;
  }
  return null;
}

/** A person of the demo, with the address for an authenticator. */
export type DemoPerson = {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly otpauth: string;
};

/** Enrols everybody who is not enrolled yet. For the demo only: whoever reads the answer can decide as anybody. */
export async function enrolEverybody(
  ports: Pick<Ports, 'table' | 'vault' | 'chance' | 'policy'>,
): Promise<readonly DemoPerson[]> {
  const people: DemoPerson[] = [];
  for (const person of ports.policy.people) {
    const otpauth = (await enrolledAddress(ports, person)) ?? (await enroll(ports, person));
    people.push({ id: person.id, name: person.name, roles: rolesIn(ports.policy, person.id), otpauth });
  }
  return people;
}

/** The code that an authenticator shows now, and until when. */
export function codeNow(otpauth: string, now: Instant): { readonly code: string; readonly until: Instant } | null {
  const totp = URI.parse(otpauth);
  if (!(totp instanceof TOTP)) return null;
  const ms = Date.parse(now);
  return { code: totp.generate({ timestamp: ms }), until: instantOf(ms + totp.remaining({ timestamp: ms })) };
}

function rolesIn(policy: PolicyInForce, personId: string): readonly Role[] {
  return [...new Set(policy.services.flatMap((service) => rolesOf(personId, service)))];
}
