import { type ForeignCall, watchedCalls } from '../hold/foreign-call.ts';
import { type BriefFacts, called, type Occasion, whoIs } from './facts.ts';
import { capital, quoted } from './plain.ts';
import { moment } from './time.ts';

type WorkedAround = Extract<Occasion, { kind: 'worked-around' }>;

/** What somebody did to a held stage, and the question to who did it: their reason belongs beside it on the record. */
export function workedAround(facts: BriefFacts, occasion: WorkedAround): string {
  const { stage } = facts.hold.stage;
  const { what, by, principal } = occasion;
  const at = moment(occasion.at, facts.zone, facts.now);
  if (what === 'entered')
    return `Release ${principal.slice(0, 8)} entered ${stage} at ${at} though it is held: look into it now, and stop it there if it brings the flaw.`;
  const given = occasion.reason === '' ? '' : ` The reason given: ${quoted(occasion.reason, 120)}.`;
  if (by === facts.person.id)
    return `You called ${what} on the held stage ${stage} at ${at}; it stands on the record of this hold with your name.${given} Why did you do it? ${facts.link === null ? `Tell ${whoIs(facts, 'security')}.` : 'Say so through your link: it stands beside it then.'}`;
  const who = by === '' ? `${quoted(principal, 160)}, nobody that the policy knows,` : capital(called(facts, by));
  const ask = by === '' ? 'Find out who it was, and why.' : `${capital(called(facts, by))} is asked why.`;
  const means = consequenceOf(what);
  const consequence = means === null ? '' : ` ${means.says(stage)}`;
  return `${who} called ${what} on the held stage ${stage} at ${at}.${given}${consequence} ${ask}`;
}

/** The same in the few words of a subject. */
export function workedAroundShort({ what }: WorkedAround): string {
  if (what === 'entered') return 'a release entered though held';
  return consequenceOf(what)?.isHarmless === true
    ? 'somebody else acted on the stage'
    : 'somebody worked around the halt';
}

function consequenceOf(what: string) {
  const call = watchedCalls.find((watched) => watched === what);
  return call === undefined ? null : consequences[call];
}

/** What each call means for the halt; `isHarmless` brings nothing past it. */
const consequences: Readonly<
  Record<ForeignCall['call'], { readonly isHarmless: boolean; readonly says: (stage: string) => string }>
> = {
  EnableStageTransition: { isHarmless: false, says: (stage) => `${stage} is halted again.` },
  UpdatePipeline: { isHarmless: false, says: (stage) => `If that enabled ${stage}, it is halted again.` },
  DisableStageTransition: {
    isHarmless: true,
    says: (stage) => `That is theirs: after this hold ${stage} stays closed until somebody enables it in CodePipeline.`,
  },
  OverrideStageCondition: {
    isHarmless: false,
    says: (stage) => `That can let a release into ${stage} past the halt: look at what is inside.`,
  },
  RetryStageExecution: {
    isHarmless: false,
    says: () => 'A retried release asks the gate again, where the stage has one.',
  },
  RollbackStage: {
    isHarmless: false,
    says: (stage) => `That can put an earlier release into ${stage} past the halt: look at what is inside.`,
  },
  StartPipelineExecution: { isHarmless: true, says: () => 'Its release waits before the halt like any other.' },
  StopPipelineExecution: { isHarmless: true, says: () => 'A release that was stopped does not go on by itself.' },
  PutApprovalResult: { isHarmless: false, says: () => 'An approval does not lift the halt.' },
};
