import { kevAlarm } from '../../brief/known-exploited.ts';
import { quoted, sentence } from '../../brief/plain.ts';
import { faultInWords, type SubscriptionFault } from '../../brief/subscription.ts';
import { type Hold, stageKeyOf } from '../../hold/hold.ts';
import type { Unclaimed } from '../../hold/rejected.ts';
import type { Stage } from '../../hold/stage.ts';
import type { PolicyInForce } from '../../policy/policy.ts';
import type { Intelligence } from '../../risk/known-exploited.ts';
import type { Note } from '../views.ts';
import { type PipelineRow, rowOf } from './pipeline-row.ts';

/** What the board knows when it says what is wrong. */
export type BoardFacts = {
  readonly policy: PolicyInForce;
  readonly rows: readonly PipelineRow[];
  readonly open: readonly Hold[];
  /** One for each service, in the order of the policy. */
  readonly stages: readonly Stage[];
  readonly unclaimed: readonly Unclaimed[];
  /** Of the last comparison with the policy. */
  readonly subscriptionFaults: readonly SubscriptionFault[];
  readonly intelligence: Intelligence;
  /** Events that were not taken after their tries. */
  readonly givenUp: number;
};

/** What stands above everything else on the board, the gravest first. */
export function notesOf(facts: BoardFacts): readonly Note[] {
  return [
    ...alarms(facts),
    ...givenUpNote(facts.givenUp),
    ...orphans(facts),
    ...unknownStages(facts),
    ...closing(facts),
    ...facts.subscriptionFaults.map(subscriptionNote),
    ...unclaimedNote(facts.unclaimed),
    ...knownExploitedNote(facts.intelligence),
  ];
}

/** Several services may share a stage: each alarm is said once. */
function alarms({ stages }: BoardFacts): readonly Note[] {
  const raised = new Map(
    stages.flatMap(({ address, alarm }) =>
      alarm === null ? [] : [[`${address.name} before ${address.stage}`, alarm] as const],
    ),
  );
  return [...raised].map(([where, why]) => ({
    tone: 'red',
    text: `NOT HALTED: ${where}. ${why === '' ? '' : `${sentence(why)} `}stopship keeps trying.`,
  }));
}

/** An open hold must not vanish because its service left the policy. */
function orphans({ policy, open }: BoardFacts): readonly Note[] {
  return open
    .filter((hold) => policy.services.every(({ name }) => name !== hold.service))
    .map((hold) => ({
      tone: 'red',
      text: `Hold ${hold.code} on ${hold.stage.name} before ${hold.stage.stage} belongs to ${hold.service}, which the policy no longer has: nobody is told, nobody can decide.`,
    }));
}

function unknownStages({ policy, rows }: BoardFacts): readonly Note[] {
  return policy.services.flatMap((service): readonly Note[] => {
    const { name, stage } = service.pipeline;
    const row = rowOf(service, rows);
    if (row === undefined)
      return [{ tone: 'amber', text: `${service.name}: there is no pipeline ${name}. It cannot be halted.` }];
    const at = row.stages.findIndex((each) => each.name === stage);
    if (at > 0) return [];
    const why =
      at === 0 ? `${stage} is its first stage and has no way in that could be shut` : `it has no stage ${stage}`;
    return [{ tone: 'amber', text: `${service.name}: pipeline ${name} cannot be halted, ${why}.` }];
  });
}

/** Between closing the last hold and opening the stage it reads disabled though nobody stopped it by hand. */
function closing({ stages, rows }: BoardFacts): readonly Note[] {
  const found = stages.filter((stage) => {
    const shown = rows.flatMap((row) => row.stages).find(({ key }) => key === stageKeyOf(stage.address));
    return (
      stage.open.size === 0 && stage.foreign === 'no' && stage.phase !== 'FREE' && shown?.transition === 'disabled'
    );
  });
  const texts = found.map(
    ({ address }) => `${address.name}: the hold is closed, ${address.stage} is about to open again.`,
  );
  return [...new Set(texts)].map((text) => ({ tone: 'plain', text }));
}

/** Who is not reached where the policy says, and whose links go elsewhere. */
function subscriptionNote(fault: SubscriptionFault): Note {
  return { tone: fault.kind === 'leaks' ? 'red' : 'amber', text: sentence(faultInWords(fault)) };
}

function givenUpNote(count: number): readonly Note[] {
  if (count === 0) return [];
  const what =
    count === 1
      ? 'An event could not be taken: what it reports'
      : `${count} events could not be taken: what they report`;
  return [
    { tone: 'red', text: `${what} may be missed. Look with stopship dlq list, send again with stopship dlq redrive.` },
  ];
}

function unclaimedNote(unclaimed: readonly Unclaimed[]): readonly Note[] {
  const [newest] = unclaimed;
  if (newest === undefined) return [];
  const more = unclaimed.length === 1 ? '' : ` and ${unclaimed.length - 1} more`;
  return [
    {
      tone: 'amber',
      text: `Above the line, but no service of the policy claims it: ${quoted(newest.title)}${newest.resource === null ? '' : ` in ${newest.resource}`}${more}.`,
    },
  ];
}

function knownExploitedNote(intelligence: Intelligence): readonly Note[] {
  const alarm = kevAlarm(intelligence);
  return alarm === null ? [] : [{ tone: 'amber', text: alarm }];
}
