import { type BriefFacts, called, type Occasion, whoIs } from './facts.ts';
import { capital, quoted } from './plain.ts';
import { moment } from './time.ts';

/** What somebody did to a held stage, and the question to who did it: their reason belongs beside it on the record. */
export function workedAround(facts: BriefFacts, occasion: Extract<Occasion, { kind: 'worked-around' }>): string {
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
  return `${who} called ${what} on the held stage ${stage} at ${at}.${given} What that enabled is halted again. ${ask}`;
}
