import { type Block, emailOf, text } from '../brief/email.ts';
import { asciiOf, capital, quoted } from '../brief/plain.ts';
import { moment } from '../brief/time.ts';
import type { Instant } from '../finding/instant.ts';
import type { IdleWaiver } from './idle-waivers.ts';

/** What one service has to say to one person today. */
export type ServiceNews = {
  readonly service: string;
  readonly watched: number;
  /** Watched and new or changed since yesterday, the gravest first. */
  readonly fresh: readonly { readonly title: string; readonly score: number | null }[];
};

/** Something with an end, in words that begin a sentence: "leave for checkout release 3f9c1ab". */
export type Ending = { readonly at: Instant; readonly what: string };

/** What a person's summary is written from. */
export type SummaryFacts = {
  /** What the person is called. */
  readonly name: string;
  readonly now: Instant;
  readonly zone: string;
  readonly endings: readonly Ending[];
  readonly services: readonly ServiceNews[];
  /** Waivers of the policy that let nothing pass. */
  readonly waivers: readonly Pick<IdleWaiver, 'service' | 'vulnerability' | 'until' | 'state'>[];
  /** Above the line, and of no service of the policy. */
  readonly unclaimed: readonly { readonly title: string; readonly resource: string | null }[];
};

/** Lines of one kind in a summary; what is beyond is counted. */
const linesMax = 10;

/** Whether there is anything to say. Waivers that let nothing pass can wait: by themselves they are a mail on Mondays only. */
export function isWorthSending({ endings, services, unclaimed, waivers, now }: SummaryFacts): boolean {
  return endings.length + services.length + unclaimed.length > 0 || (waivers.length > 0 && isMonday(now));
}

function isMonday(now: Instant): boolean {
  return new Date(now).getUTCDay() === 1;
}

/** One line that says how much there is to do before there is how much to know. */
export function summarySubject(facts: SummaryFacts): string {
  const fresh = facts.services.reduce((sum, service) => sum + service.fresh.length, 0);
  const parts = [
    facts.endings.length === 0 ? null : `${facts.endings.length} ${facts.endings.length === 1 ? 'ends' : 'end'} soon`,
    fresh === 0 ? null : `${fresh} new to watch`,
    facts.unclaimed.length === 0 ? null : `${facts.unclaimed.length} without a service`,
    facts.waivers.length === 0
      ? null
      : `${facts.waivers.length} ${facts.waivers.length === 1 ? 'waiver' : 'waivers'} to take out`,
  ].filter((part) => part !== null);
  return asciiOf(`stopship summary of ${dayOf(facts)}: ${parts.join(', ')}`);
}

/** The mail: what ends soon first, because that is what somebody can do something about. */
export function summaryEmail(facts: SummaryFacts): string {
  return emailOf([
    text(`${facts.name}, ${openingOf(facts)}`),
    ...endingBlocks(facts),
    ...unclaimedBlocks(facts),
    ...facts.services.map(watchBlock),
    ...waiverBlocks(facts),
  ]);
}

function openingOf({ endings, unclaimed, services, zone, now }: SummaryFacts): string {
  const [first] = byTime(endings);
  if (first !== undefined)
    return `${endings.length === 1 ? 'one thing ends' : `${endings.length} things end`} soon, the first ${first.at > now ? `on ${moment(first.at, zone, now)}` : 'was due already'}. Nothing in this mail stops a release by itself.`;
  if (unclaimed.length > 0)
    return 'something critical belongs to no service, so nothing can be stopped for it. Please give it an owner in the policy.';
  return services.length === 0
    ? 'nothing is urgent: these waivers let nothing pass.'
    : 'you need to do nothing: this is what is watched, and none of it stops a release.';
}

function endingBlocks({ endings, zone, now }: SummaryFacts): readonly Block[] {
  const lines = byTime(endings).map(
    ({ at, what }) => `${at > now ? moment(at, zone, now) : `due since ${moment(at, zone, now)}`}: ${what}`,
  );
  return lines.length === 0 ? [] : [{ kind: 'points', intro: 'What ends soon:', items: capped(lines) }];
}

function unclaimedBlocks({ unclaimed }: SummaryFacts): readonly Block[] {
  const lines = unclaimed.map(({ title, resource }) => `${quoted(title)} (${resource ?? 'no resource named'})`);
  const intro = 'Above the line, but no service of the policy claims it:';
  return lines.length === 0 ? [] : [{ kind: 'points', intro, items: capped(lines) }];
}

function waiverBlocks({ waivers, zone, now }: SummaryFacts): readonly Block[] {
  const lines = waivers.map(({ service, vulnerability, until, state }) => {
    const why = state === 'ended' ? 'ended on' : 'unused so far, ends on';
    return `${quoted(vulnerability)} in ${service}: ${why} ${moment(until, zone, now)}`;
  });
  const intro = 'Waivers of the policy that let nothing pass, to be taken out of it unless they are still needed:';
  return lines.length === 0 ? [] : [{ kind: 'points', intro, items: capped(lines) }];
}

function watchBlock({ service, watched, fresh }: ServiceNews): Block {
  const lines = fresh.map(
    ({ title, score }) => `${quoted(title)} (${score === null ? 'without a score' : `${score.toFixed(1)} of 10`})`,
  );
  const intro = `${capital(service)}: ${watched} watched, ${fresh.length} of them new or changed since yesterday${lines.length === 0 ? '.' : ':'}`;
  return { kind: 'points', intro, items: capped(lines) };
}

function byTime(endings: readonly Ending[]): readonly Ending[] {
  return endings.toSorted((a, b) => (a.at < b.at ? -1 : 1));
}

function capped(lines: readonly string[]): readonly string[] {
  return lines.length > linesMax ? [...lines.slice(0, linesMax), `and ${lines.length - linesMax} more`] : lines;
}

function dayOf({ now, zone }: SummaryFacts): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone: zone, day: 'numeric', month: 'long' }).format(new Date(now));
}
