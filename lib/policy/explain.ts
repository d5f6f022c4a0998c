import type { Clock, Policy, Rule, Service, When } from './policy.ts';
import { durationInWords } from './time.ts';

/** A policy as sentences for people: who is told, what is protected, what halts and what is waived. */
export function explainPolicy(policy: Policy): readonly string[] {
  return [
    policy.mode === 'audit'
      ? 'Audit mode: nothing is halted; what would halt is recorded.'
      : 'Enforced: what a rule says is done.',
    policy.onConflict === 'worst'
      ? 'Where publishers of vectors disagree, the worst of the newest CVSS generation counts.'
      : "Where publishers of vectors disagree, the scanner's own choice counts.",
    policy.exploitMaturity === 'worst'
      ? 'An exploit that nobody has seen is taken as possible: no score falls for want of news.'
      : 'Scores fall where no exploit is reported, as CVSS has it with its threat metric.',
    ...clockInWords(policy.clock),
    ...policy.services.flatMap(serviceInWords),
    ...policy.rules.map((rule) => `${capitalised(ruleInWords(rule))}: "${rule.because}".`),
    'What no rule matches passes. The most severe verdict of all matching rules wins.',
    ...policy.waivers.map(
      (waiver) =>
        `${waiver.vulnerability} in ${waiver.service} does not halt until ${waiver.until} (${waiver.kind}, by ${waiver.by.join(', ')}): ${waiver.because}. What is still open then halts.`,
    ),
    policy.security.length > 0
      ? `Of critical findings that no service claims, ${policy.security.join(', ')} are told.`
      : 'Nobody is told of critical findings that no service claims: name people under "security".',
  ];
}

function clockInWords({ remind, deadline, escalate, every, quiet }: Clock): readonly string[] {
  const levels = escalate.map((people) => people.join(' and ')).join(', then ');
  return [
    `Within ${durationInWords(deadline)} somebody decides on a hold; those who may are reminded every ${durationInWords(remind)}.`,
    ...(levels === '' ? [] : [`When nobody does, ${levels} are told, ${durationInWords(every)} between two levels.`]),
    ...(quiet === undefined ? [] : [`From ${quiet.replace('-', ' to ')} nothing but a first brief is sent.`]),
  ];
}

/** A rule as a phrase: `halt when the score is at least 9`. */
export function ruleInWords({ then, when, unknownCounts }: Rule): string {
  const said = Object.entries(when).map(([name, value]) => conditionInWords(name, value));
  const conditions = said.length === 0 ? 'always' : `when ${said.join(' and ')}`;
  return `${then} ${conditions}${unknownCounts ? ', also when that is unknown' : ''}`;
}

function serviceInWords(service: Service): readonly string[] {
  const { account, region, name, stage } = service.pipeline;
  const mode = service.mode === undefined ? '' : `, in ${service.mode} mode`;
  const subject = capitalised(service.name);
  const told = Object.entries(service.stakeholders).map(([role, people]) => `${people.join(', ')} (${role})`);
  return [
    `${subject} (${service.exposure}, ${behind[service.authentication]}, ${service.dataClass} data, ${service.criticality} criticality${mode}) is what ${service.resources.join(', ')} ${service.resources.length === 1 ? 'matches' : 'match'}; stage ${stage} of pipeline ${name} in ${account}, ${region} is halted for it.`,
    told.length === 0 ? `Nobody is told of ${service.name}.` : `Of ${service.name} are told: ${told.join('; ')}.`,
    ...planInWords(service),
  ];
}

const behind = {
  none: 'nothing in front of it',
  user: 'a login in front of it',
  administrator: 'an administrator login in front of it',
} as const satisfies Record<Service['authentication'], string>;

function planInWords({ name, plan }: Service): readonly string[] {
  const parts = [
    ...(plan?.fix === undefined ? [] : [`${durationInWords(plan.fix)} of work`]),
    ...(plan?.test === undefined ? [] : [`${durationInWords(plan.test)} of test`]),
  ];
  return parts.length === 0 ? [] : [`Mending ${name} takes ${parts.join(' and ')}.`];
}

function conditionInWords(name: string, value: unknown): string {
  const phrase = Object.entries(phrases).find(([condition]) => condition === name)?.[1];
  if (phrase === undefined) return `${name} is ${value}`;
  return typeof phrase === 'string' ? `${phrase} ${value}` : phrase[value === true ? 'yes' : 'no'];
}

type Phrase = string | { readonly yes: string; readonly no: string };

const phrases: Readonly<Record<keyof When, Phrase>> = {
  scoreAtLeast: 'the score is at least',
  severityAtLeast: 'the severity is at least',
  epssAtLeast: 'EPSS is at least',
  knownExploited: { yes: 'it is known to be exploited', no: 'it is not known to be exploited' },
  exploitAvailable: { yes: 'an exploit is available', no: 'no exploit is available' },
  fix: 'the fix is',
  ssvc: 'SSVC says at least',
  exposure: 'the exposure is',
  dataClass: 'the data class is',
  criticality: 'the criticality is',
  kind: 'the kind is',
  ecosystem: 'the ecosystem is',
  ageDaysAtLeast: 'the age in days is at least',
  introduced: { yes: 'this release introduces it', no: 'this release does not introduce it' },
  service: 'the service is',
};

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
