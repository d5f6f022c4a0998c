import { namesOf } from '../brief/facts.ts';
import { later } from '../finding/instant.ts';
import { type StepAnswer, waitOf } from '../hold/await.ts';
import { learnRelease } from '../hold/halt-stage.ts';
import type { Closing, Decision, Hold } from '../hold/hold.ts';
import { changeHold, type HoldChange } from '../hold/ledger.ts';
import type { ReleaseDetails } from '../hold/pipeline.ts';
import type { ClockPort } from '../hold/ports.ts';
import { refreshHold } from '../hold/refresh.ts';
import { agreedFields, countedVotes, type Matter, voidOf } from './agreement.ts';
import { endOf } from './ballot.ts';
import { confirmDispute, reassess } from './dispute.ts';
import { type EvidenceDeps, lookForEvidence, waitingRelease } from './evidence.ts';
import { rollBack } from './roll-back.ts';
import { isAuthor, isOwnDispute, isQuorum, ruleOf } from './rules.ts';
import { type Vote, votesOn } from './vote.ts';
import { learnWayBack } from './way-back.ts';

export type VerifyDeps = EvidenceDeps & { readonly clock: ClockPort };

/** What verification found: `holds` resumes, `not-yet` waits on with the decision kept, `refuted` tells everybody. */
export type Verified = StepAnswer & { readonly result: 'holds' | 'not-yet' | 'refuted' };

/** How long a release that was let through on an attestation may run before a scan must show the fix, in milliseconds. */
export const pendingVerificationFor = 24 * 3_600_000;

/**
 * Verifies what was decided, or looks for evidence when nothing was: counts the findings and the votes again, reads the
 * source. Only this step lets a hold close. Idempotent; throws when ledger or pipeline do not answer.
 */
export async function verify(deps: VerifyDeps, holdId: string): Promise<Verified> {
  await changeHold(deps.table, holdId, deps.clock.now, (hold) =>
    hold.wantsVerify ? { set: { wantsVerify: false } } : null,
  );
  await refreshHold(deps, holdId);
  await learnRelease(deps, holdId);
  const hold = await learnWayBack(deps, holdId);
  if (hold.status === 'closed' || hold.closing !== null) return answer(deps, hold, 'holds');
  const evidence = await lookForEvidence(deps, hold);
  const found = hold.decision === null ? null : await judged(deps, hold, hold.decision);
  if (found?.result === 'refuted') return await refute(deps, hold, found.why);
  if (evidence.gone) {
    const outcome = outcomeOf(hold.decision);
    return await close(deps, hold, { outcome, release: evidence.release, because: evidence.how, waiver: null });
  }
  if (found?.result === 'attested') return await close(deps, hold, found.closing, found.change);
  if (found?.result === 'done') return await carryOn(deps, hold, found.change);
  return await waitOn(deps, hold, found?.why ?? evidence.missing);
}

/** What the evidence shows to have helped. */
function outcomeOf(decision: Decision | null): Closing['outcome'] {
  if (decision?.action === 'roll-back') return 'rolled-back';
  return decision === null || decision.action === 'dispute-confirmed' || decision.action === 'reassess'
    ? 'evidence'
    : 'remediated';
}

type Judgement =
  | { readonly result: 'refuted'; readonly why: string }
  | { readonly result: 'attested'; readonly closing: Closing; readonly change?: HoldChange }
  /** The decision did what it could and leaves the hold open. */
  | { readonly result: 'done'; readonly change: HoldChange }
  | { readonly result: 'unproved'; readonly why: string | null };

/** Counts the votes again, and weighs what they decide against the findings and the release as they are now. */
async function judged(deps: VerifyDeps, hold: Hold, decision: Decision): Promise<Judgement> {
  if (decision.state === 'carried-out') return { result: 'unproved', why: null };
  const service = deps.policy.services.find(({ name }) => name === hold.service);
  if (service === undefined) return { result: 'refuted', why: 'the policy no longer knows this service' };
  if (decision.revision !== hold.revision)
    return { result: 'refuted', why: 'the hold changed after the decision was taken' };
  const attested = await attestedRelease(deps, hold, decision);
  const matter = { hold: onWhat(hold, decision, attested), service, policyHash: deps.policy.hash };
  const votes = await votesOn(deps.table, hold.id);
  const last = votes.findLast(({ action, at }) => action === decision.action && at === decision.at);
  const counted = countedVotes(votes, decision.action, matter, last);
  const voters = counted.voters.filter(({ person }) => maySpeak(deps, matter.hold, decision, person));
  if (!isQuorum(ruleOf(decision.action, matter.hold), voters))
    return { result: 'refuted', why: whyShort(votes, decision, matter) };
  const agreed = { ...decision, fields: { ...decision.fields, ...agreedFields(counted.votes) } };
  return await carriedOut(deps, hold, agreed, attested);
}

/** The release that an attestation lets through, once it waits before the stage; null until then, and for every other decision. */
async function attestedRelease(
  deps: EvidenceDeps,
  hold: Hold,
  { action, fields }: Decision,
): Promise<ReleaseDetails | null> {
  if (action !== 'remediation-approved' || hold.evidence === 'before-stage') return null;
  const release = await waitingRelease(deps, hold);
  return release !== null && isNamed(fields.release ?? '', release) ? release : null;
}

/**
 * Votes are held against the release that they let go. An attested one may have come up only now, and its author is what
 * counts. A roll-back may have moved the release already: there it is the one that they were cast for.
 */
function onWhat(hold: Hold, { action, fields }: Decision, attested: ReleaseDetails | null): Hold {
  if (attested !== null) {
    const { executionId, commit, author, digest } = attested;
    return { ...hold, release: { executionId, commit, author, digest, position: 'waiting' } };
  }
  if (action !== 'roll-back' || hold.release?.executionId === fields.execution) return hold;
  const { execution: executionId = '', commit = '', digest = '' } = fields;
  const release = {
    executionId,
    commit,
    author: null,
    digest: digest === '' ? null : digest,
    position: 'none',
  } as const;
  return { ...hold, release: executionId === '' ? null : release };
}

/** Nobody resumes their own release, also when it came up after the vote, and nobody confirms a severity of their own. */
function maySpeak(deps: VerifyDeps, hold: Hold, { action }: Decision, personId: string): boolean {
  const person = deps.policy.people.find(({ id }) => id === personId);
  if (person === undefined || isOwnDispute(action, person, hold)) return false;
  return !(ruleOf(action, hold).resumes && isAuthor(person, hold));
}

function whyShort(votes: readonly Vote[], decision: Decision, matter: Matter): string {
  const mine = votes.filter(({ action, revision }) => action === decision.action && revision === decision.revision);
  const voids = mine.map((vote) => voidOf(vote, matter));
  if (voids.includes('policy')) return 'the policy changed after the votes';
  if (voids.includes('release')) return 'another release came up than the one it was decided for';
  return 'the votes no longer make a quorum';
}

/** Weighs what people decided against the findings and the release that are really there. */
async function carriedOut(
  deps: VerifyDeps,
  hold: Hold,
  decision: Decision,
  attested: ReleaseDetails | null,
): Promise<Judgement> {
  const { action } = decision;
  switch (action) {
    case 'more-time':
    case 'keep-halted':
    case 'dispute':
    case 'dispute-refused':
    case 'change-plan':
      return { result: 'refuted', why: 'this decision resumes nothing' };
    case 'workaround-accepted':
      return accepted(deps, hold, decision, { kind: 'workaround', what: decision.fields.condition ?? '' });
    case 'risk-accepted':
      return accepted(deps, hold, decision, { kind: 'risk', what: decision.fields.scope ?? '' });
    case 'roll-back':
      return await rollBack(deps, hold, decision);
    case 'dispute-confirmed':
      return await confirmDispute(deps, hold, decision);
    case 'reassess':
      return await reassess(deps, hold, decision);
    case 'remediation-approved':
      return hold.evidence === 'before-stage'
        ? { result: 'unproved', why: null }
        : fixAttested(deps, hold, decision, attested);
    default:
      return action satisfies never;
  }
}

function fixAttested(deps: VerifyDeps, hold: Hold, decision: Decision, release: ReleaseDetails | null): Judgement {
  const named = decision.fields.release ?? '';
  // Of several names for it the longest was agreed on, and it may mean another one.
  if (release === null || !isNamed(named, release))
    return { result: 'unproved', why: `release ${named} does not wait before the stage yet` };
  const because = `attested by ${namesOf(deps.policy.people, decision.by)}: ${decision.fields.reference ?? ''}`;
  const until = later(deps.clock.now(), pendingVerificationFor);
  const waiver =
    hold.evidence === 'ordered'
      ? null
      : ({ kind: 'pending-verification', reason: because, by: decision.by, until } as const);
  return { result: 'attested', closing: { outcome: 'remediated', release: release.executionId, because, waiver } };
}

/** Whether the release that people attested came up since: the attestation can be verified now. */
export async function isAttestedWaiting(deps: EvidenceDeps, hold: Hold): Promise<boolean> {
  return hold.decision !== null && (await attestedRelease(deps, hold, hold.decision)) !== null;
}

/** A flawed release is let go by name: the waiver ends, and covers no other release. */
function accepted(
  { policy }: VerifyDeps,
  hold: Hold,
  decision: Decision,
  { kind, what }: { readonly kind: 'workaround' | 'risk'; readonly what: string },
): Judgement {
  const until = endOf(decision.fields.until ?? '');
  if (until === null) return { result: 'refuted', why: 'the decision names no end' };
  if (hold.release === null) return { result: 'unproved', why: 'no release waits that it could be accepted for' };
  if (hold.release.executionId !== decision.fields.execution)
    return { result: 'refuted', why: 'another release came up than the one it was accepted for' };
  const because = `${kind === 'risk' ? 'risk' : 'workaround'} accepted by ${namesOf(policy.people, decision.by)}: ${what}`;
  return {
    result: 'attested',
    closing: {
      outcome: kind === 'risk' ? 'risk-accepted' : 'workaround',
      release: hold.release.executionId,
      because,
      waiver: { kind, reason: because, by: decision.by, until },
    },
  };
}

/** People name a release by its execution, its commit or its digest; seven characters are enough to mean one. */
function isNamed(named: string, release: ReleaseDetails): boolean {
  const name = named.trim().toLowerCase();
  if (name.length < 7) return false;
  const names = [release.executionId, release.commit, release.digest, release.digest?.replace('sha256:', '')];
  return names.some((full) => full?.toLowerCase().startsWith(name));
}

async function close(deps: VerifyDeps, hold: Hold, closing: Closing, change: HoldChange = {}): Promise<Verified> {
  const after = await changeHold(deps.table, hold.id, deps.clock.now, (current) =>
    isOvertaken(current, hold)
      ? null
      : {
          set: { ...change.set, decision: current.decision, closing },
          happenings: [
            ...(change.happenings ?? []),
            {
              kind: 'verified',
              actor: 'verify',
              data: { outcome: closing.outcome, how: closing.because, release: closing.release },
            },
          ],
        },
  );
  return answer(deps, after, after.status === 'closed' || after.closing !== null ? 'holds' : 'not-yet');
}

async function carryOn(deps: VerifyDeps, hold: Hold, change: HoldChange): Promise<Verified> {
  const after = await changeHold(deps.table, hold.id, deps.clock.now, (current) =>
    isOvertaken(current, hold) ? null : change,
  );
  return answer(deps, after, 'not-yet');
}

async function waitOn(deps: VerifyDeps, hold: Hold, missing: string): Promise<Verified> {
  const after = await changeHold(deps.table, hold.id, deps.clock.now, (current) =>
    current.decision?.state !== 'verifying' || isOvertaken(current, hold)
      ? null
      : {
          set: { decision: { ...current.decision, state: 'awaiting-evidence' } },
          happenings: [{ kind: 'not-yet', actor: 'verify', data: { missing } }],
          notice: { kind: 'not-yet', missing },
        },
  );
  return answer(deps, after, 'not-yet');
}

async function refute(deps: VerifyDeps, hold: Hold, why: string): Promise<Verified> {
  const after = await changeHold(deps.table, hold.id, deps.clock.now, (current) =>
    isOvertaken(current, hold)
      ? null
      : {
          set: { decision: null },
          happenings: [{ kind: 'refuted', actor: 'verify', data: { why } }],
          raises: true,
          notice: { kind: 'refuted', why },
        },
  );
  return answer(deps, after, after.decision === null ? 'refuted' : 'not-yet');
}

/** The hold changed, or people decided something else, while this was verified: that is verified next. */
function isOvertaken(current: Hold, verified: Hold): boolean {
  if (current.status === 'closed' || current.revision !== verified.revision) return true;
  return current.decision?.action !== verified.decision?.action || current.decision?.at !== verified.decision?.at;
}

function answer(deps: VerifyDeps, hold: Hold, result: Verified['result']): Verified {
  return { holdId: hold.id, wait: waitOf(hold, deps.clock), result };
}
