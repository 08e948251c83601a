/** A rebuild tells how far the recount is: of the records that the speed layer was ahead, how many are counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BatchContext } from '../../../../batch-layer/context.ts';
import { waitUntilLevel } from '../../../../batch-layer/generations/recount.ts';
import { progressText, SILENT } from '../../../../batch-layer/progress-line.ts';

type Progress = NonNullable<Awaited<ReturnType<BatchContext['control']['progress']>>[number]>;

test('the recount is told as records of those that were to be counted', async () => {
  const rules = { generation: 2, partitionCount: 2, growths: [] } as unknown as BatchContext['rules'];
  const at = (...offsets: number[]): Progress[] => offsets.map((nextOffset) => ({ nextOffset }) as Progress);
  const steps = [at(0, 0), at(300, 50), at(700, 300)];
  const told: string[] = [];
  const fresh: Parameters<typeof waitUntilLevel>[1] = {
    rules,
    control: { progress: async () => steps.shift()! },
    progressLine: { ...SILENT, update: (_, done, unit, total) => void told.push(progressText(done, unit, 0, total)) },
    signal: new AbortController().signal,
  };
  const old = { rules, control: { progress: async () => at(700, 300) } };
  await waitUntilLevel(old, fresh, () => false);
  assert.deepEqual(told, ['0 of 1,000 records', '350 of 1,000 records', '1,000 of 1,000 records']);
});
