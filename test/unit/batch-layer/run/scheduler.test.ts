/**
 * The scheduler goes on through what may pass, and says why it waits; what its settings or rights forbid, and a bug,
 * end it.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { BatchContext } from '../../../../batch-layer/context.ts';
import { EXIT, Refusal, Retryable } from '../../../../core/process/errors.ts';
import { schedule } from '../../../../batch-layer/run/scheduler.ts';
import { contextOf } from '../../../support/batch-doubles.ts';
import { filled } from '../../../support/filled-world.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-schedule-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A scheduler whose first look at the horizon fails; told to stop by its second. */
async function outcomeOf(fault: Error): Promise<{ waits: (string | null)[]; looks: number }> {
  const stop = new AbortController();
  const context = contextOf(filled(), folder, { signal: stop.signal });
  const waits: (string | null)[] = [];
  let looks = 0;
  const horizon: BatchContext['control']['horizon'] = async () => {
    looks += 1;
    if (looks === 1) throw fault;
    stop.abort();
    throw new Retryable('HBase', 'stopped meanwhile');
  };
  await schedule({ ...context, control: { ...context.control, horizon } }, (because) => waits.push(because));
  return { waits, looks };
}

for (const fault of [
  new Retryable('HBase', 'away'),
  new Refusal(EXIT.data_check_failed, 'part-3.parquet is missing'),
  new Refusal(EXIT.lake_held, 'another run'),
]) {
  test(`the scheduler logs and tries again: ${fault.message}`, async () => {
    assert.deepEqual(await outcomeOf(fault), { waits: [fault.message], looks: 2 });
  });
}

for (const fault of [
  new Refusal(EXIT.usage, 'HADOOP_USER must be allowed to write'),
  new TypeError('x is not a function'),
]) {
  test(`the scheduler ends: ${fault.message}`, async () => {
    await assert.rejects(outcomeOf(fault), (thrown) => thrown === fault);
  });
}
