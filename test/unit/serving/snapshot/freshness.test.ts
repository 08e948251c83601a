/** What an answer promises: nothing committed before `speed_as_of` is missing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EndOffsets, Standing } from '../../../../serving/snapshot/freshness.ts';
import { logEnds } from '../../../../serving/snapshot/log-ends.ts';
import { freshnessMs, standingOf } from '../../../../serving/snapshot/freshness.ts';

const endsAt = (at: number, ...ends: number[]): EndOffsets => ({ at, ends });

test('a partition at the end of the log is as of the time at which the end was asked for', () => {
  const standing = standingOf([{ nextOffset: 10, arrival: 3_000 }], [endsAt(9_000, 10)], null);
  assert.equal(standing.speedAsOf, 9_000);
  assert.equal(freshnessMs(standing, 9_040), 0);
});

test('quiet cameras leave nothing behind, however long they are quiet', () => {
  const standing = standingOf([{ nextOffset: 0, arrival: 0 }], [endsAt(86_400_000, 0)], null);
  assert.equal(freshnessMs(standing, 86_400_200), 0);
});

test('a partition behind the end is as of its arrival, and the answer as of the worst partition', () => {
  const partitions = [
    { nextOffset: 10, arrival: 3_000 },
    { nextOffset: 7, arrival: 2_000 },
  ];
  const standing = standingOf(partitions, [endsAt(9_000, 10, 8)], null);
  assert.equal(standing.speedAsOf, 2_000);
  assert.equal(freshnessMs(standing, 9_000), 7_000);
});

test('under steady load progress is measured at the ends of some seconds ago', () => {
  const standing = standingOf(
    [{ nextOffset: 95, arrival: 100 }],
    [endsAt(9_000, 100), endsAt(8_500, 95), endsAt(8_000, 90)],
    null,
  );
  assert.equal(standing.speedAsOf, 8_500);
});

test('what was seen to be complete stays so when its ends are forgotten', () => {
  const seen = standingOf([{ nextOffset: 10, arrival: 3_000 }], [endsAt(9_000, 10)], null);
  const later = standingOf([{ nextOffset: 10, arrival: 3_000 }], [endsAt(60_000, 11)], seen);
  assert.equal(later.speedAsOf, 9_000);
  assert.equal(freshnessMs(later, 60_100), 51_100);
});

test('while Kafka is away the answer is as of the arrivals and never called caught up', () => {
  const standing = standingOf([{ nextOffset: 10, arrival: 3_000 }], [], null);
  assert.equal(standing.speedAsOf, 3_000);
  assert.equal(freshnessMs(standing, 5_000), 2_000);
});

test('the promise holds on any log: every record committed before speed_as_of lies before the progress', () => {
  const records = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.nat(2)), { maxLength: 60 });
  fc.assert(
    fc.property(
      records,
      fc.array(fc.tuple(fc.nat(3_000), fc.tuple(fc.nat(60), fc.nat(60), fc.nat(60))), { minLength: 1, maxLength: 8 }),
      (gaps, looks) => {
        const log: number[][] = [[], [], []];
        let t = 0;
        for (const [gap, partition] of gaps) log[partition]!.push((t += gap));
        let history: EndOffsets[] = [];
        let last: Standing | null = null;
        const reached = [0, 0, 0];
        for (const [at, wish] of [...looks].sort((a, b) => a[0] - b[0])) {
          const ends = log.map((stamps) => stamps.filter((stamp) => stamp <= at).length);
          history = [endsAt(at, ...ends), ...history].slice(0, 3);
          const partitions = ends.map((end, p) => {
            reached[p] = Math.max(reached[p]!, Math.min(end, wish[p]!));
            return { nextOffset: reached[p]!, arrival: log[p]![reached[p]! - 1] ?? 0 };
          });
          const standing: Standing = standingOf(partitions, history, last);
          for (const [p, stamps] of log.entries()) {
            const missing = stamps.findIndex(
              (stamp, offset) => stamp < standing.speedAsOf && offset >= partitions[p]!.nextOffset,
            );
            assert.equal(missing, -1);
          }
          assert.ok(standing.speedAsOf >= (last?.speedAsOf ?? 0), 'it never goes back');
          last = standing;
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('behind a transaction that hangs an answer is behind, however far everything that is delivered is counted', async () => {
  const admin = { ends: async () => [{ partition: 0, low: 0, high: 10 }], newestEnds: async () => [12] };
  const history = await logEnds(admin, () => 5_000).refresh();
  assert.deepEqual(history, [{ at: 5_000, ends: [12] }]);
  const delivered = standingOf([{ nextOffset: 10, arrival: 4_000 }], history, null);
  assert.deepEqual([delivered.isCaughtUp, freshnessMs(delivered, 6_000)], [false, 2_000]);
});
