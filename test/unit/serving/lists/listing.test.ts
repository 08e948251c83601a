/** Pages of detections: newest first, complete, without repeats, for one place and for all, across the horizon. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import type { ListedDetection } from '../../../../core/stores/views/list-view.ts';
import { HOUR_MS, instant } from '../../../../core/domain/time.ts';
import { readCursor, writeCursor } from '../../../../serving/lists/cursor.ts';
import { listPage } from '../../../../serving/lists/listing.ts';
import { speedEpochsOf } from '../../../../serving/counts/plan.ts';
import { inOrder, NOW, PLACES, RULES, sightings, worldOf } from '../world.ts';

const LAST_EPOCH = Math.floor(NOW / (RULES.epochSeconds * 1_000));

test('the pages of a window are its detections, each once, newest first', async () => {
  await fc.assert(
    fc.asyncProperty(
      sightings,
      fc.option(fc.integer({ min: RULES.firstEpoch, max: LAST_EPOCH })),
      fc.constantFrom('all' as const, ...PLACES),
      fc.oneof(fc.nat(2 * HOUR_MS), fc.nat(96 * HOUR_MS)),
      fc.oneof(fc.integer({ min: 1, max: HOUR_MS }), fc.integer({ min: 1, max: 120 * HOUR_MS })),
      fc.integer({ min: 1, max: 9 }),
      async (all, horizon, scope, agoMs, lengthMs, limit) => {
        const window = { from: instant(NOW - agoMs - lengthMs), to: instant(NOW - agoMs) };
        const world = worldOf(all, {
          horizon: horizon as Epoch | null,
          prunedTo: (horizon ?? -1) - 2,
          halfWritten: (horizon ?? -2) + 1,
        });
        const snapshot = { rules: RULES, horizon: horizon as Epoch | null, now: NOW, latestArrival: NOW };
        const listEpochs = { horizon: snapshot.horizon, speedEpochs: speedEpochsOf(window, snapshot) };
        const got: ListedDetection[] = [];
        let after: ListedDetection | null = null;
        for (let pages = 0; pages < 100; pages++) {
          const page: ListedDetection[] = await listPage({ scope, window, after, limit }, listEpochs, world);
          got.push(...page);
          if (page.length < limit) break;
          after = readCursor(writeCursor(page.at(-1)!));
        }
        const expected = all
          .filter(
            (one) =>
              one.detectedAt >= window.from &&
              one.detectedAt < window.to &&
              (scope === 'all' || one.location === scope),
          )
          .map((one) => ({ id: one.id, detectedAt: instant(one.detectedAt) }))
          .sort(inOrder);
        assert.deepEqual(
          got.map(({ id }) => id),
          expected.map(({ id }) => id),
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('a cursor that no answer gave is refused', () => {
  for (const text of [
    '',
    'x',
    Buffer.from('1.2.3').toString('base64url'),
    Buffer.from('1.007').toString('base64url'),
  ]) {
    assert.throws(() => readCursor(text), { name: 'BadQuestion', field: 'cursor' });
  }
});
