import { attackOf } from './attack.ts';
import type { BriefFacts } from './facts.ts';
import { capital } from './plain.ts';
import { scoreOf } from './risk.ts';
import { problemOf } from './standing.ts';

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

/** Package, version and place of the worst findings, one a line, with the version that mends each. */
export function placesOf(facts: BriefFacts): readonly string[] {
  const { worst, findings } = facts.hold;
  const lines = worst.map((finding) => {
    const what = finding.package ?? finding.title;
    const mended =
      finding.package === null
        ? ''
        : finding.fixedIn === null
          ? '; no version that mends it is known'
          : `; mended in ${finding.fixedIn}`;
    const id = finding.vulnerabilityId === null ? '' : ` (${finding.vulnerabilityId})`;
    const where = finding.resource === null ? '' : `, in ${finding.resource}`;
    return `${what}${id}${where}${mended}`;
  });
  return findings > worst.length ? [...lines, `and ${findings - worst.length} more, on the page`] : lines;
}
