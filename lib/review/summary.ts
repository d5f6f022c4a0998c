import type { Message, Notifier } from '../brief/notifier.ts';
import { runningWaivers } from '../decision/waiver.ts';
import { type Instant, later } from '../finding/instant.ts';
import { untrusted } from '../finding/untrusted.ts';
import { FindingRow } from '../hold/finding-row.ts';
import type { ClockPort } from '../hold/ports.ts';
import { unclaimedFindings } from '../hold/rejected.ts';
import type { Table } from '../hold/table.ts';
import type { PolicyInForce } from '../policy/policy.ts';

export type SummaryDeps = {
  readonly table: Table;
  readonly clock: ClockPort;
  readonly notifier: Notifier;
  readonly policy: PolicyInForce;
};

/** Lines of one kind in a summary; what is beyond is counted. */
const linesMax = 10;
const day = 86_400_000;

/**
 * The daily mail: what is watched and what ends soon, to security and developers of each service; critical findings that
 * no service claims, to the policy's security people. Nothing to say is no mail. Answers how many mails went out.
 */
export async function sendSummary(deps: SummaryDeps): Promise<number> {
  const now = deps.clock.now();
  const texts = new Map<string, string[]>();
  for (const service of deps.policy.services) {
    const lines = await serviceLines(deps.table, service.name, now);
    const people = [...(service.stakeholders.security ?? []), ...(service.stakeholders.developer ?? [])];
    if (lines.length > 0) for (const person of new Set(people)) put(texts, person, lines);
  }
  const unclaimed = (await unclaimedFindings(deps.table)).filter(({ seenAt }) => seenAt >= later(now, -day));
  if (unclaimed.length > 0) {
    const lines = [
      'Above the line, but no service of the policy claims it:',
      ...capped(unclaimed.map(({ title, resource }) => `${title} (${resource ?? 'no resource named'})`)),
      '',
    ];
    for (const person of deps.policy.security) put(texts, person, lines);
  }
  for (const [personId, lines] of texts) await deps.notifier.send(messageOf(deps.policy, personId, lines, now));
  return texts.size;
}

async function serviceLines(table: Table, service: string, now: Instant): Promise<readonly string[]> {
  const items = (await table.listed(`WATCH#${service}`)).filter(({ state }) => state === 'open');
  const rows = items.map((item) => FindingRow.parse(item));
  // By their arrival, which their place in the list begins with: a scanner may date a finding long before it sends it.
  const fresh = rows.filter((_, at) => String(items[at]?.at) >= later(now, -day));
  const ending = (await runningWaivers(table, later(now, day))).filter((waiver) => waiver.service === service);
  if (fresh.length === 0 && ending.length === 0) return [];
  return [
    `${service}: ${rows.length} watched, ${fresh.length} of them new or changed since yesterday.`,
    ...capped(fresh.map(({ summary }) => `${summary.title} (${summary.score ?? 'no score'})`)),
    ...ending.map((waiver) => `Leave for release ${waiver.release ?? 'any'} ends at ${waiver.until}.`),
    '',
  ];
}

function messageOf(policy: PolicyInForce, personId: string, lines: readonly string[], now: Instant): Message {
  const name = policy.people.find(({ id }) => id === personId)?.name.split(' ')[0] ?? personId;
  return {
    personId,
    holdId: null,
    kind: 'summary',
    subject: `stopship summary of ${now.slice(0, 10)}`,
    email: [`${name}, nothing here stops a release.`, '', ...lines].join('\n'),
    sms: null,
  };
}

function capped(lines: readonly string[]): readonly string[] {
  const shown = lines.slice(0, linesMax).map((line) => `  - ${untrusted(line, 160)}`);
  return lines.length > linesMax ? [...shown, `  - and ${lines.length - linesMax} more`] : shown;
}

function put(texts: Map<string, string[]>, person: string, lines: readonly string[]): void {
  texts.set(person, [...(texts.get(person) ?? []), ...lines]);
}
