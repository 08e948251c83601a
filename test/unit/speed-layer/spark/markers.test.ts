/** The end of a partition without records is passed, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Progress } from '../../../../core/stores/control/progress-rows.ts';
import type { LogReader } from '../../../../core/stores/kafka/types.ts';
import { passMarkers } from '../../../../speed-layer/spark/markers.ts';
import { idsAt, progressOf, record } from '../records.ts';

/** A log whose partition 1 holds these offsets and ends there. */
function stage(offsets: readonly number[], end: number) {
  const written: Progress[] = [];
  let reads = 0;
  const read: LogReader['read'] = async function* (partition, from) {
    reads++;
    const records = offsets
      .filter((offset) => offset >= from)
      .map((offset) => record(offset, { id: idsAt(1, 1)[0]!, partition }));
    if (records.length > 0) yield { records, next: records.at(-1)!.offset + 1, atEnd: false };
    yield { records: [], next: end, atEnd: true };
  };
  const control = { putProgress: async (_: number, all: readonly Progress[]) => void written.push(...all) };
  const pass = passMarkers({ generation: 1, reader: { read }, control });
  return {
    written,
    reads: () => reads,
    look: (next: number) => pass([progressOf(1, next)], [{ partition: 1, low: 0, high: end }]),
  };
}

test('a partition that has stood before its end for two looks is passed to it', async () => {
  const { look, written, reads } = stage([0, 1], 4);
  assert.deepEqual(await look(2), []);
  assert.equal(reads(), 0);
  assert.deepEqual(await look(2), [progressOf(1, 4)]);
  assert.deepEqual(written, [progressOf(1, 4)]);
});

test('a partition that still holds records is left to Spark', async () => {
  const { look, written } = stage([0, 1, 2], 4);
  await look(2);
  assert.deepEqual(await look(2), []);
  assert.deepEqual(written, []);
});

test('a partition that moves, and one at its end, are not read', async () => {
  const { look, reads } = stage([], 4);
  await look(1);
  await look(2);
  await look(4);
  await look(4);
  assert.equal(reads(), 0);
});
