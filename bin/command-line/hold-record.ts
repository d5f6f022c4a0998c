import type { Hold } from '../../lib/hold/hold.ts';

/** A hold as programs read it: the record of `GET /api/holds`. */
export function holdRecord(hold: Hold): { readonly [name: string]: unknown } {
  const rating = hold.ratings.at(-1) ?? null;
  return {
    id: hold.id,
    code: hold.code,
    stageKey: hold.stageKey,
    service: hold.service,
    problem: { title: hold.problem.title, vulnerabilities: hold.problem.vulnerabilities },
    status: hold.status,
    decision: hold.decision,
    outcome: hold.status === 'closed' ? hold.outcome : null,
    revision: hold.revision,
    openedAt: hold.openedAt,
    inForceAt: hold.status === 'pending' ? null : hold.inForceAt,
    closedAt: hold.status === 'closed' ? hold.closedAt : null,
    severity: rating?.severity ?? null,
    score: rating?.score ?? null,
    release: releaseRecord(hold),
  };
}

function releaseRecord({ release }: Hold): unknown {
  if (release === null) return null;
  const { executionId, commit, author, position } = release;
  return { executionId, commit, author, position };
}
