/**
 * What a store's caller hears of rows that failed: what cannot pass before what can, and never an error of the client.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal, Retryable } from '../../../../../core/process/errors.ts';
import { requireAnswers } from '../../../../../core/stores/rows/answers.ts';
import type { HBaseClient } from '../../../../../core/hbase/types.ts';
import type { HBaseError } from '../../../../../core/hbase/errors.ts';
import { asHBaseError, serverError } from '../../../../../core/hbase/errors.ts';
import { askHBase, getRows, isWithoutTables, putRows } from '../../../../../core/stores/rows/hbase-rows.ts';

const MOVED = serverError('x.RegionMovedException', 'moved');
const DENIED = serverError('x.AccessDeniedException', 'no');
const BUG = new TypeError('x is not a function');
const ROW = { row: Buffer.from('a') };

/** A client whose rows fail with these errors. */
const failing = (...errors: HBaseError[]): HBaseClient =>
  ({
    get: async () => errors.map((error) => ({ status: 'failed', error })),
    put: async () => errors.map((error) => ({ status: 'failed', error })),
  }) as unknown as HBaseClient;

const read = async (...errors: HBaseError[]): Promise<unknown> =>
  requireAnswers('t', await getRows(failing(...errors), { table: 't', gets: errors.map(() => ROW) }, () => 1));
const write = (...errors: HBaseError[]): Promise<void> =>
  putRows(
    failing(...errors),
    't',
    errors.map(() => ({ ...ROW, cells: [] })),
  );

for (const [what, ask] of [
  ['reading', read],
  ['writing', write],
] as const) {
  test(`${what}: a region that moves is worth another try`, async () => {
    await assert.rejects(ask(MOVED, MOVED), Retryable);
  });

  test(`${what}: a missing right is a Refusal, also beside rows that may pass`, async () => {
    await assert.rejects(
      ask(MOVED, DENIED, MOVED),
      (fault) => fault instanceof Refusal && fault.exitCode === 2 && /HADOOP_USER/.test(fault.message),
    );
  });

  test(`${what}: a bug is thrown as it is`, async () => {
    await assert.rejects(ask(MOVED, asHBaseError(BUG)), (fault) => fault === BUG);
  });
}

test('an error that the client throws becomes what it means, and anything else stays', async () => {
  const asked = (thrown: unknown) => askHBase('t', () => Promise.reject(thrown as Error));
  await assert.rejects(asked(MOVED), Retryable);
  await assert.rejects(asked(DENIED), Refusal);
  await assert.rejects(asked(BUG), (fault) => fault === BUG);
});

test('a table that nobody prepared is told from all else', async () => {
  const faultOf = (error: HBaseError) => askHBase('t', () => Promise.reject(error)).catch((fault: unknown) => fault);
  assert.ok(isWithoutTables(await faultOf(serverError('x.TableNotFoundException', 'n:t'))));
  assert.equal(isWithoutTables(await faultOf(DENIED)), false);
  assert.equal(isWithoutTables(await faultOf(MOVED)), false);
});
