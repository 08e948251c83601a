/**
 * A rebuild takes over the growths of the topic, and refuses rules under which one would lie within an epoch (law L3).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instant } from '../../../../core/domain/time.ts';
import { checkGrowths } from '../../../../batch-layer/generations/growths.ts';

const at = (text: string): Instant => Date.parse(text) as Instant;
const grown = { growths: [{ from: at('2026-11-22T14:20:00Z'), partitions: 10 }], growingTo: null };
const isUsage = (words: RegExp) => (fault: { exitCode?: number; message: string }) =>
  fault.exitCode === 2 && words.test(fault.message);

test('a growth that begins with an epoch of the new rules is taken over', () => {
  for (const epochSeconds of [60, 300, 600, 1_200]) assert.doesNotThrow(() => checkGrowths(grown, { epochSeconds }));
  assert.doesNotThrow(() => checkGrowths({ growths: [], growingTo: null }, { epochSeconds: 86_400 }));
});

test('a growth within an epoch of the new rules is refused, with the count and the time', () => {
  for (const epochSeconds of [900, 3_600, 86_400]) {
    assert.throws(
      () => checkGrowths(grown, { epochSeconds }),
      isUsage(/grew to 10 partitions at 2026-11-22T14:20:00\.000Z, in the middle of an epoch of \d+ seconds/),
    );
  }
});

test('a rebuild is refused while the topic is growing', () => {
  assert.throws(
    () => checkGrowths({ growths: [], growingTo: 12 }, { epochSeconds: 60 }),
    isUsage(/finish "sightline topic grow --partitions 12" first/),
  );
});
