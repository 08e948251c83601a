/** The puts of the batch view end before their run does, also when the run fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import type { Duck, Row } from '../../../../core/stores/lake/duckdb.ts';
import { Retryable } from '../../../../core/process/errors.ts';
import { writeView } from '../../../../batch-layer/view/batch-view.ts';
import { contextOf } from '../../../support/batch-doubles.ts';
import { filled, FIRST } from '../../../support/filled-world.ts';

/** Cells enough for more than one put, and then a fault. */
function failingDuck(): Duck {
  return {
    rows: async () => [{ bytes: 0 }],
    async *batches(sql: string): AsyncIterable<Row[]> {
      const cellAt = (n: number): Row => ({ hour: 0, minute: 0, place: BigInt(n), item: `item ${n}`, n: 1 });
      if (sql.includes('AS hour')) yield Array.from({ length: 10_000 }, (_, n) => cellAt(n));
      throw new Error('the file cannot be read');
    },
  } as unknown as Duck;
}

test('when reading the published files fails, no put goes on and none is tried again', async () => {
  const context = contextOf(filled(), '/nowhere');
  let [begun, ended] = [0, 0];
  const put = async (): Promise<void> => {
    begun += 1;
    await sleep(begun === 1 ? 50 : 100);
    ended += 1;
    if (ended === 1) throw new Retryable('HBase', 'the region moves');
  };
  const batchView = { ...context.batchView, put };
  await assert.rejects(
    writeView({ ...context, batchView }, failingDuck(), FIRST as Epoch, 'published'),
    /the file cannot be read/,
  );
  assert.ok(begun > 1, 'more than one put was under way');
  assert.equal(ended, begun);
  const beganBefore = begun;
  await sleep(500);
  assert.equal(begun, beganBefore, 'nothing is written after the end');
});
