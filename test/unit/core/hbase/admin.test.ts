// What the master is asked again: a double of the master refuses as one does that has only just begun.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hbaseAdmin } from '../../../../core/hbase/admin.ts';
import type { Reach } from '../../../../core/hbase/batch.ts';
import { HBaseError } from '../../../../core/hbase/errors.ts';
import type { Master } from '../../../../core/hbase/master.ts';

function masterThat(
  refusals: HBaseError[],
  leftMs = 10_000,
): { admin: ReturnType<typeof hbaseAdmin>; asked: number[] } {
  const asked: number[] = [];
  const master: Pick<Master, 'terms' | 'ask'> = {
    terms: () => ({ patience: { leftMs }, signal: new AbortController().signal, onRetry: () => undefined }) as never,
    async ask() {
      asked.push(asked.length);
      const refusal = refusals.shift();
      if (refusal) throw refusal;
      return {} as never;
    },
  };
  return { admin: hbaseAdmin({} as Reach, master as Master), asked };
}

const noTable = (): HBaseError => new HBaseError('refuse', 'TableNotFoundException', 'hbase:acl');

test('a right is granted again until the new master has made the table of rights', async () => {
  const { admin, asked } = masterThat([noTable(), noTable()]);
  await admin.grant('speed', 'sightline', 'RWC');
  assert.equal(asked.length, 3);
});

test('a table of rights that never comes is told, and a user who may not grant is refused at once', async () => {
  await assert.rejects(masterThat([noTable()], 0).admin.grant('speed', 'sightline', 'R'), /NotYet: .*hbase:acl/);
  const denied = new HBaseError('refuse', 'AccessDeniedException', 'because');
  const { admin, asked } = masterThat([denied]);
  await assert.rejects(admin.grant('speed', 'sightline', 'R'), denied);
  assert.equal(asked.length, 1);
});
