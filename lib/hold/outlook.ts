import { counterfactualsOf } from '../policy/counterfactual.ts';
import { settingOf } from '../policy/policy.ts';
import { unknownsIn } from '../policy/unknowns.ts';
import { obligationsOf } from '../risk/obligations.ts';
import { rowsOf } from './finding-row.ts';
import type { Hold } from './hold.ts';
import { changeHold, existingHold } from './ledger.ts';
import { courtOf, judgedUnder, reassessedRows, reassessmentOf } from './reassess.ts';
import type { RefreshDeps } from './refresh.ts';

/**
 * Works out what the assessment in force means, once for each revision of a hold: which single facts would change the verdict,
 * what each unknown could change, which obligations may follow. No halt waits for it. Idempotent.
 */
export async function learnOutlook(deps: RefreshDeps, holdId: string): Promise<Hold> {
  const hold = await existingHold(deps.table, holdId);
  if (hold.status === 'closed' || hold.outlook?.revision === hold.revision) return hold;
  const outlook = await outlookOf(deps, hold);
  if (outlook === null) return hold;
  return await changeHold(deps.table, holdId, deps.clock.now, (current) =>
    current.status === 'closed' ? null : { set: { outlook } },
  );
}

async function outlookOf(deps: RefreshDeps, hold: Hold): Promise<Hold['outlook']> {
  const intelligence = await deps.intelligence();
  const court = courtOf(deps.policy, hold, intelligence);
  const rows = reassessedRows(await rowsOf(deps.table, hold.problem.hash), hold.reassessed, court);
  const worst = rows.find((row) => row.state === 'open');
  if (court === null || worst === undefined) return null;
  const judged = judgedUnder(worst.finding, reassessmentOf(worst.summary, hold.reassessed), court);
  return {
    revision: hold.revision,
    counterfactuals: counterfactualsOf(judged),
    unknowns: unknownsIn(judged),
    obligations: obligationsOf(judged.finding, judged.assessment, settingOf(court.service, deps.policy), intelligence),
  };
}
