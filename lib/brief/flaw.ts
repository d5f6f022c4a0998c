import { attackOf } from './attack.ts';
import type { BriefFacts } from './facts.ts';
import { capital, cut } from './plain.ts';
import { scoreOf } from './risk.ts';
import { causeOf, isInherited, isUntouched, placeOf, problemOf } from './standing.ts';

/** The flaw in one sentence with its score: who could do what, or what the report says where no vector tells. */
export function flawOf(facts: BriefFacts): string {
  const attack = attackOf(facts.hold, facts.service);
  const score = scoreOf(facts.hold);
  if (attack !== null) return `${capital(attack)} (severity ${score}).`;
  return `What an attacker gains is not described; the report says ${problemOf(facts.hold)} (severity ${score}).`;
}

/** The same for readers who need no score. */
export function flawInPlainWords(facts: BriefFacts): string {
  const attack = attackOf(facts.hold, facts.service);
  return attack === null ? 'what an attacker could gain through it is not described yet' : attack;
}

/** Why it is stopped, for readers who need no score: a clause that joins the standing of the release. */
export function causeInPlainWords(facts: BriefFacts): string {
  const { hold } = facts;
  const attack = attackOf(hold, facts.service);
  if (attack !== null) return `${causeOf(hold) === 'with' ? 'and' : 'because'} ${attack}`;
  const severity = hold.ratings.at(-1)?.severity ?? hold.assessment.severity;
  return `${causeOf(hold)} a flaw${severity === null ? '' : ` that is rated ${severity}`}; what an attacker could gain through it is not described yet`;
}

/** What the flaw means for those who use the service today, as far as that is known. */
export function customersOf({ hold }: BriefFacts): string {
  if (isUntouched(hold))
    return `The flaw never reached ${hold.stage.stage}, so no customer was exposed to it by this release.`;
  if (hold.evidence === 'behind-stage' || isInherited(hold))
    return 'The flaw is in what already runs, so customers may be exposed now.';
  if (placeOf(hold) === 'inside') return 'Customers may be exposed; whether it was used against us is not known.';
  return 'Whether what customers use today has the flaw too is not known.';
}

/** Package, version, path and place of the worst findings, one a line, with the version that mends each. */
export function placesOf(facts: BriefFacts): readonly string[] {
  const { worst, findings } = facts.hold;
  const lines = worst.map((finding) => {
    const what = cut(finding.package ?? finding.title, nameMax);
    const mended =
      finding.package === null
        ? ''
        : finding.fixedIn === null
          ? '; no version that mends it is known'
          : `; fixed in ${cut(finding.fixedIn, 40)}`;
    const id = finding.vulnerabilityId === null ? '' : ` (${cut(finding.vulnerabilityId, 40)})`;
    const where = finding.resource === null ? '' : `, in ${placeOfResource(finding.resource)}`;
    const path = finding.path === null ? '' : `, at ${cut(finding.path, nameMax)}`;
    return `${what}${id}${path}${where}${mended}`;
  });
  return findings > worst.length ? [...lines, `and ${findings - worst.length} more, on the page`] : lines;
}

/** Characters of a package, title or place in a list: what is longer is on the page. */
const nameMax = 120;

/** A place without the rest of a digest, of which the first characters tell it apart. */
function placeOfResource(resource: string): string {
  return cut(resource.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/, '$1'), nameMax);
}
