import { expect, test } from 'vitest';
import { memoryTable } from '../../lib/embedded/memory-table.ts';
import { isClearedFor } from '../../lib/hold/clearance.ts';
import { freeStage, readStage } from '../../lib/hold/stage.ts';
import { stage } from '../builders.ts';

test('each hold that was closed for another release is looked at anew, also after one whose problem is still there', async () => {
  const table = memoryTable();
  const cleared = { one: new Set(['fix-1']), two: new Set(['fix-1']), any: new Set(['*']), three: new Set(['fix-1']) };
  const looked: string[] = [];
  async function clearAnew(holdId: string): Promise<boolean> {
    looked.push(holdId);
    return holdId === 'two';
  }

  const isCleared = await isClearedFor({ table, clearAnew }, { ...freeStage(stage), cleared }, 'later-2');

  expect(isCleared).toBe(false);
  expect(looked).toEqual(['one', 'two', 'three']);
  expect((await readStage(table, stage)).cleared).toEqual({ two: new Set(['later-2']) });
});
