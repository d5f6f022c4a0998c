import type { Command } from 'commander';
import { renderUnicodeCompact } from 'uqr';
import { enroll, enrolledAddress } from '../../lib/decision/factor.ts';
import { Failure, UsageError } from '../command-line/failure.ts';
import {
  addPlaceOptions,
  defaultDataDir,
  openPlace,
  openRuntime,
  type Place,
  type PlaceOptions,
  personNamed,
} from '../command-line/place.ts';
import { say, sayJson, tell, visible } from '../command-line/terminal.ts';

/** `stopship people`: second factors and subscriptions. */
export function addPeople(program: Command): void {
  const people = program.command('people').description("people's second factors and subscriptions");
  addPlaceOptions(
    people
      .command('enroll')
      .description('give a person a second factor: shows the code for their authenticator')
      .argument('<id>', 'who, by their id of the policy'),
  )
    .option('--secret <arn>', "the account's secret, with --table")
    .option('--json', 'as one record')
    .addHelpText('after', '\nAn earlier authenticator of this person ends.\n\nExample:\n  $ stopship people enroll ana')
    .action(enrollPerson);
  addPlaceOptions(
    people
      .command('sync')
      .description('subscribe everybody of the policy who is not yet, each to their own messages only'),
  )
    .option('--topic <arn...>', "the account's topics, with --table")
    .addHelpText(
      'after',
      '\nExample:\n  $ stopship people sync --table stopship-ledger --policy policy.yaml --topic arn:aws:sns:…',
    )
    .action(syncEverybody);
  people
    .command('confirm')
    .description(
      'confirm a subscription so that nobody but the account can end it (mail scanners press unsubscribe links too)',
    )
    .argument('<link>', 'the link of the confirmation mail, or its token')
    .option('--topic <arn>', 'the topic, where only the token is given')
    .option('--data <dir>', `data directory of a local runtime (default: ${defaultDataDir})`)
    .addHelpText(
      'after',
      '\nExample:\n  $ stopship people confirm "https://sns.eu-west-1.amazonaws.com/confirmation.html?TopicArn=…&Token=…"',
    )
    .action(confirmSubscription);
  people.addHelpText('after', '\nExample:\n  $ stopship people enroll ana');
}

async function enrollPerson(id: string, options: PlaceOptions & { readonly json?: boolean }): Promise<void> {
  const place = await openPlace(options);
  const person = personNamed(place.policy, id);
  const wasEnrolled = (await enrolledAddress(place, person).catch(() => null)) !== null;
  const otpauth = await enroll(place, person);
  if (options.json === true) return sayJson({ id, otpauth });
  if (wasEnrolled) tell(`The earlier authenticator of ${person.name} works no more.`);
  say(
    `${visible(person.name)} scans this with an authenticator. It is shown once: whoever has it can decide as ${visible(person.name)}.`,
  );
  say(`\n${renderUnicodeCompact(otpauth)}\n`);
  say(`Or enters the secret by hand: ${new URL(otpauth).searchParams.get('secret') ?? otpauth}`);
}

async function syncEverybody(options: PlaceOptions & { readonly topic?: readonly string[] }): Promise<void> {
  const { syncPeople } = await import('../../lib/aws/people.ts');
  const place = await openPlace(options);
  const sns = await place.clients.sns();
  const { subscribed, removed } = await syncPeople(sns, await topicsOf(place, options.topic), place.policy);
  for (const one of removed) say(`ended ${visible(one)}: links of others went there`);
  for (const one of subscribed) say(`subscribed ${visible(one)}`);
  say(
    subscribed.length === 0
      ? 'Everybody is subscribed already.'
      : 'Those with an address by e-mail confirm it: stopship people confirm LINK.',
  );
}

async function topicsOf(place: Place, topics: readonly string[] | undefined): Promise<readonly string[]> {
  if (place.runtime === null) {
    if (topics === undefined) throw new UsageError("With --table name the account's topics too: --topic ARN.");
    return topics;
  }
  const { CreateTopicCommand } = await import('@aws-sdk/client-sns');
  const { peoplePerTopic } = await import('../../lib/aws/people.ts');
  const sns = await place.clients.sns();
  const arns: string[] = [];
  // Creating a topic that exists answers it.
  for (let at = 1; at <= Math.max(1, Math.ceil(place.policy.people.length / peoplePerTopic)); at += 1) {
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: `stopship-people-${at}` }));
    if (TopicArn !== undefined) arns.push(TopicArn);
  }
  return arns;
}

async function confirmSubscription(
  link: string,
  options: { readonly topic?: string; readonly data?: string },
): Promise<void> {
  const { topic, token, isLocal } = confirmationIn(link, options.topic);
  const region = /^arn:[^:]+:sns:([^:]+):\d{12}:[^:]+$/.exec(topic)?.[1];
  if (region === undefined) throw new Failure(`${visible(topic)} is no ARN of a topic.`);
  const { awsClients } = await import('../../lib/aws/clients.ts');
  const { ConfirmSubscriptionCommand } = await import('@aws-sdk/client-sns');
  const clients = isLocal || options.data !== undefined ? (await openRuntime(options)).clients : awsClients({ region });
  const command = new ConfirmSubscriptionCommand({ TopicArn: topic, Token: token, AuthenticateOnUnsubscribe: 'true' });
  const { SubscriptionArn } = await (await clients.sns()).send(command);
  say(`Confirmed: ${visible(SubscriptionArn ?? topic)}. Only the account can end it.`);
}

/** What a link says is sent to SNS by our own client; the link itself is never opened. */
function confirmationIn(
  link: string,
  topicOption: string | undefined,
): { readonly topic: string; readonly token: string; readonly isLocal: boolean } {
  if (!URL.canParse(link)) {
    if (topicOption === undefined)
      throw new UsageError('Give the whole link of the mail, or with a token the topic: --topic ARN.');
    return { topic: topicOption, token: link, isLocal: false };
  }
  const url = new URL(link);
  const topic = topicOption ?? url.searchParams.get('TopicArn');
  const token = url.searchParams.get('Token');
  const isLocal = url.hostname === '127.0.0.1' || url.hostname === 'localhost';
  if (!isLocal && !/^sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/.test(url.hostname)) {
    throw new Failure(
      `${visible(url.hostname)} is not SNS: give the link of a confirmation mail, which begins with https://sns.`,
    );
  }
  if (topic === null || token === null)
    throw new Failure('This link names no topic or no token: copy all of it, in quotation marks.');
  return { topic, token, isLocal };
}
