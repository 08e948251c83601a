/**
 * The law of serving: whatever the horizon, batch ⊕ speed is the plain count of the window.
 *
 * Random sightings, windows, horizons, prunings and a half-written epoch; the plan's reads go to in-memory views, the
 * sums are compared with counting one by one. fast-check prints the seed of a failure.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Subject } from '../../../../serving/counts/plan.ts';
import type { Sighting } from '../world.ts';
import { HOUR_MS, instant, MINUTE_MS } from '../../../../core/domain/time.ts';
import type { SubjectSums, Sums } from '../../../../serving/counts/merge.ts';
import { countCache } from '../../../../serving/cache/count-cache.ts';
import { bucketsOf } from '../../../../serving/counts/buckets.ts';
import { eachCounted, sumsByBucket, sumsBySubject, totalOf } from '../../../../serving/counts/merge.ts';
import { planCounts } from '../../../../serving/counts/plan.ts';
import { readPlan } from '../../../../serving/counts/read.ts';
import { alignToMinutes } from '../../../../serving/counts/window.ts';
import { epochOfSighting, NOW, PLACES, RULES, sightings, worldOf } from '../world.ts';

const LAST_EPOCH = Math.floor(NOW / (RULES.epochSeconds * 1_000));
const windows = fc
  .tuple(
    fc.oneof(fc.nat(3 * HOUR_MS), fc.nat(120 * HOUR_MS)),
    fc.oneof(fc.integer({ min: 1, max: 2 * HOUR_MS }), fc.integer({ min: 1, max: 90 * HOUR_MS })),
    fc.boolean(),
  )
  .map(([agoMs, lengthMs, wholeHours]) => {
    const unit = wholeHours ? HOUR_MS : 1;
    const from = Math.floor((NOW - agoMs) / unit) * unit;
    return alignToMinutes({
      from: instant(from),
      to: instant(Math.max(from + unit, Math.floor((from + lengthMs) / unit) * unit)),
    });
  });
const published = fc
  .tuple(fc.option(fc.integer({ min: RULES.firstEpoch, max: LAST_EPOCH })), fc.nat(12), fc.boolean())
  .map(([horizon, kept, half]) => ({
    horizon: horizon as never,
    prunedTo: horizon === null ? -1 : horizon - kept,
    ...(half ? { halfWritten: (horizon ?? RULES.firstEpoch - 1) + 1 } : {}),
  }));
const scopes = fc.constantFrom('all' as const, ...PLACES);

test('batch and speed add up to the count of the window, for items, places and buckets, whatever the horizon', async () => {
  await fc.assert(
    fc.asyncProperty(
      sightings,
      windows,
      published,
      scopes,
      fc.constantFrom(1, 7, 60),
      async (all, window, published, scope, stepMinutes) => {
        const inside = all.filter(
          (one) =>
            one.detectedAt >= window.from && one.detectedAt < window.to && (scope === 'all' || one.location === scope),
        );
        const ask = async (subject: Subject) => {
          const world = worldOf(all, published);
          const plan = planCounts(
            { scope, subject, window },
            { rules: RULES, horizon: published.horizon, now: NOW, latestArrival: NOW },
          );
          return { plan, read: await readPlan(plan, [0, 0, 0], countCache(world, 1e6).hours()) };
        };
        const items = await ask('item');
        assert.deepEqual(
          flat(sumsBySubject(items.plan, items.read)),
          countBy(inside, ({ item }) => item),
        );
        const minutes = await ask('minute');
        const stepMs = stepMinutes * MINUTE_MS;
        const bucketOf = ({ detectedAt }: Sighting): number => detectedAt - (detectedAt % stepMs);
        assert.deepEqual(
          buckets(sumsByBucket(minutes.plan, minutes.read, bucketsOf(window, stepMs)), window.from, stepMs),
          countBy(inside, bucketOf),
        );
        if (scope === 'all') {
          const places = await ask('place');
          assert.deepEqual(
            flat(sumsBySubject(places.plan, places.read)),
            countBy(inside, ({ location }) => location),
          );
        }
        const parts = totalOf(sumsBySubject(items.plan, items.read));
        assert.equal(parts.batch, inside.filter((one) => epochOfSighting(one) <= (published.horizon ?? -1)).length);
      },
    ),
    { numRuns: 400 },
  );
});

function flat(sums: SubjectSums): Map<string, number> {
  const counts = new Map<string, number>();
  eachCounted(sums, (name, count) => counts.set(name, count));
  return new Map([...counts].sort(byKey));
}

function buckets({ batch, speed }: Sums, from: number, stepMs: number): Map<number, number> {
  const all = [...batch].map(
    (count, index) => [(Math.floor(from / stepMs) + index) * stepMs, count + speed[index]!] as const,
  );
  return new Map(all.filter(([, count]) => count > 0).sort(byKey));
}

function countBy<Key>(all: readonly Sighting[], keyOf: (one: Sighting) => Key): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const one of all) counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + 1);
  return new Map([...counts].sort(byKey));
}

function byKey(a: readonly [unknown, number], b: readonly [unknown, number]): number {
  return String(a[0]) < String(b[0]) ? -1 : 1;
}
