import { later } from '../finding/instant.ts';
import { type StepAnswer, waitOf } from '../hold/await.ts';
import { learnRelease } from '../hold/halt-stage.ts';
import type { Closing, Decision, Hold } from '../hold/hold.ts';
import { changeHold } from '../hold/ledger.ts';
import type { ReleaseDetails } from '../hold/pipeline.ts';
import type { ClockPort } from '../hold/ports.ts';
import { refreshHold } from '../hold/refresh.ts';
import { type EvidenceDeps, lookForEvidence, waitingRelease } from './evidence.ts';
import { isAuthor, isQuorum, type OfferedAction, offeredActions, ruleOf } from './rules.ts';
import { countedVotes, endOf, votesOn } from './vote.ts';

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
  const hold = await learnRelease(deps, holdId);
  if (hold.status === 'closed' || hold.closing !== null) return answer(deps, hold, 'holds');
  const evidence = await lookForEvidence(deps, hold);
  const found = hold.decision === null ? null : await judged(deps, hold, hold.decision);
  if (found?.result === 'refuted') return await refute(deps, hold, found.why);
  if (evidence.gone) {
    const outcome = hold.decision === null ? 'evidence' : 'remediated';
    return await close(deps, hold, { outcome, release: evidence.release, because: evidence.how, waiver: null });
  }
  if (found?.result === 'attested') return await close(deps, hold, found.closing);
  return await waitOn(deps, hold, found?.why ?? evidence.missing);
}

type Judgement =
  | { readonly result: 'refuted'; readonly why: string }
  | { readonly result: 'attested'; readonly closing: Closing }
  | { readonly result: 'unproved'; readonly why: string | null };

/** Counts the votes again, and weighs an attestation against the release that really waits. */
async function judged(deps: VerifyDeps, hold: Hold, decision: Decision): Promise<Judgement> {
  const service = deps.policy.services.find(({ name }) => name === hold.service);
  const action = offeredActions.find((offered) => offered === decision.action);
  if (service === undefined || action === undefined)
    return { result: 'refuted', why: 'the policy no longer knows this service or decision' };
  if (decision.revision !== hold.revision)
    return { result: 'refuted', why: 'the hold changed after the decision was taken' };
  const counted = countedVotes(await votesOn(deps.table, hold.id), action, hold.revision, service).filter(
    ({ person }) => !isWrittenBy(deps, hold, person),
  );
  if (!isQuorum(ruleOf(action, hold), counted)) return { result: 'refuted', why: 'the votes no longer make a quorum' };
  return await attested(deps, hold, decision, action);
}

/** The release may have come up after the vote: then too nobody resumes their own. */
function isWrittenBy(deps: VerifyDeps, hold: Hold, personId: string): boolean {
  const person = deps.policy.people.find(({ id }) => id === personId);
  return person === undefined || isAuthor(person, hold);
}

/** Weighs what people attest or accept against the release that really waits. */
async function attested(deps: VerifyDeps, hold: Hold, decision: Decision, action: OfferedAction): Promise<Judgement> {
  switch (action) {
    case 'more-time':
    case 'keep-halted':
      return { result: 'refuted', why: 'this decision resumes nothing' };
    case 'workaround-accepted':
      return accepted(hold, decision, 'workaround', decision.fields.condition ?? '');
    case 'risk-accepted':
      return accepted(hold, decision, 'risk', decision.fields.scope ?? '');
    case 'remediation-approved':
      return hold.evidence === 'before-stage'
        ? { result: 'unproved', why: null }
        : await fixAttested(deps, hold, decision);
    default:
      return action satisfies never;
  }
}

async function fixAttested(deps: VerifyDeps, hold: Hold, decision: Decision): Promise<Judgement> {
  const named = decision.fields.release ?? '';
  const release = await waitingRelease(deps, hold);
  if (release === null || !isNamed(named, release)) {
    return { result: 'unproved', why: `release ${named} does not wait before the stage yet` };
  }
  const because = `attested by ${decision.by.join(' and ')}: ${decision.fields.reference ?? ''}`;
  const until = later(deps.clock.now(), pendingVerificationFor);
  const waiver =
    hold.evidence === 'ordered'
      ? null
      : ({ kind: 'pending-verification', reason: because, by: decision.by, until } as const);
  return { result: 'attested', closing: { outcome: 'remediated', release: release.executionId, because, waiver } };
}

/** Whether the release that people attested came up since: the attestation can be verified now. */
export async function isAttestedWaiting(deps: EvidenceDeps, hold: Hold): Promise<boolean> {
  if (hold.decision?.action !== 'remediation-approved' || hold.evidence === 'before-stage') return false;
  const release = await waitingRelease(deps, hold);
  return release !== null && isNamed(hold.decision.fields.release ?? '', release);
}

/** A flawed release is let go by name: the waiver ends, and covers no other release. */
function accepted(hold: Hold, decision: Decision, kind: 'workaround' | 'risk', what: string): Judgement {
  const until = endOf(decision.fields.until ?? '');
  if (until === null) return { result: 'refuted', why: 'the decision names no end' };
  if (hold.release === null) return { result: 'unproved', why: 'no release waits that it could be accepted for' };
  if (hold.release.executionId !== decision.fields.execution)
    return { result: 'refuted', why: 'another release came up than the one it was accepted for' };
  const because = `${kind === 'risk' ? 'risk' : 'workaround'} accepted by ${decision.by.join(' and ')}: ${what}`;
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

async function close(deps: VerifyDeps, hold: Hold, closing: Closing): Promise<Verified> {
  const after = await changeHold(deps.table, hold.id, deps.clock.now, (current) =>
    current.status === 'closed' || current.revision !== hold.revision
      ? null
      : {
          set: { closing },
          happenings: [
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

async function waitOn(deps: VerifyDeps, hold: Hold, missing: string): Promise<Verified> {
  const after = await changeHold(deps.table, hold.id, deps.clock.now, (current) =>
    current.decision === null || current.decision.state === 'awaiting-evidence'
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
  const after = await changeHold(deps.table, hold.id, deps.clock.now, () => ({
    set: { decision: null },
    happenings: [{ kind: 'refuted', actor: 'verify', data: { why } }],
    raises: true,
    notice: { kind: 'refuted', why },
  }));
  return answer(deps, after, 'refuted');
}

function answer(deps: VerifyDeps, hold: Hold, result: Verified['result']): Verified {
  return { holdId: hold.id, wait: waitOf(hold, deps.clock), result };
}
