import { rolesOf } from '../../decision/rules.ts';
import type { Instant } from '../../finding/instant.ts';
import type { Policy, Role } from '../../policy/policy.ts';
import type { MailboxView } from '../views.ts';

/** A message as it arrived; `personId` is null when its address is nobody's of the policy. */
export type MessageLike = {
  readonly id: string;
  readonly at: Instant;
  readonly channel: 'email' | 'sms';
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  readonly personId: string | null;
};

/** Everybody of the policy with their count of messages, and one person's messages. Nothing remembers what was read: all count as unread until their person is chosen. */
export function mailboxView(
  policy: Policy,
  messages: readonly MessageLike[],
  personId: string | null,
  totp: { readonly code: string; readonly until: Instant } | null,
): MailboxView {
  const person = policy.people.find(({ id }) => id === personId);
  return {
    people: policy.people.map(({ id, name }) => ({
      id,
      name,
      roles: rolesIn(policy, id),
      unread: id === person?.id ? 0 : messages.filter((message) => message.personId === id).length,
    })),
    person:
      person === undefined
        ? null
        : { id: person.id, name: person.name, totp, messages: messagesOf(messages, person.id) },
  };
}

function messagesOf(
  messages: readonly MessageLike[],
  personId: string,
): NonNullable<MailboxView['person']>['messages'] {
  return messages
    .filter((message) => message.personId === personId)
    .map(({ id, at, channel, to, subject, body }) => ({ id, at, channel, to, subject, body }))
    .toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}

/** The roles of a person on all services, each once. */
function rolesIn(policy: Policy, personId: string): readonly Role[] {
  return [...new Set(policy.services.flatMap((service) => rolesOf(personId, service)))];
}
