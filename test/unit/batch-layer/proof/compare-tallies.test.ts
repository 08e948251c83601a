/** The tallies of both layers, epoch by epoch (laws L7 and L8). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instant } from '../../../../core/domain/time.ts';
import type { Tallies } from '../../../../core/domain/tallies.ts';
import type { PartitionReport, RunReport } from '../../../../core/stores/lake/runs.ts';
import type { SpeedProgress } from '../../../../batch-layer/proof/speed-progress.ts';
import { NO_TALLIES } from '../../../../core/domain/tallies.ts';
import { compareTallies } from '../../../../batch-layer/proof/compare-tallies.ts';
import { contextOf, worldOf } from '../../../support/batch-doubles.ts';

const RULES = {
  generation: 1,
  logLife: 1,
  epochSeconds: 60,
  dedupWindowDays: 2,
  clockAheadDays: 1,
  partitionCount: 1,
  firstEpoch: 0,
  firstOffsets: [0],
  topicId: 't',
};
const tallies = (some: Partial<Tallies>): Tallies => ({ ...NO_TALLIES, ...some });
const partition = (cut: number, own: Tallies, speed: Tallies | null = null, soFar = own): PartitionReport =>
  ({
    partition: 0,
    first: 0,
    cut,
    arrival: 0,
    records: 0,
    tallies: own,
    tallies_so_far: soFar,
    speed_tallies_so_far: speed,
  }) as PartitionReport;
const previous = (report: PartitionReport): RunReport => ({ partitions: [report] }) as RunReport;

function compared(options: { atCut?: Tallies; progressAt?: number; own: Tallies; before?: PartitionReport }) {
  const world = worldOf(RULES);
  if (options.atCut) world.cutTallies!.set('0/10', { partition: 0, cut: 10, tallies: options.atCut });
  const nextOffset = options.progressAt ?? 99;
  const progress = { partition: 0, nextOffset, arrival: 0 as Instant, tallies: tallies({ new: 5 }) };
  const speed: SpeedProgress = { waitFor: async () => undefined, atOrPast: () => progress, latest: () => progress };
  const before = options.before ? previous(options.before) : null;
  return compareTallies(contextOf(world, '/nowhere'), [partition(10, options.own)], before, speed);
}

test('equal tallies at the cut leave no difference', async () => {
  const own = tallies({ new: 7, copies: 2, dead_letters: 1, dead_letters_by_reason: { not_json: 1 } });
  const { differences, unproven, speed } = await compared({ atCut: own, own });
  assert.deepEqual([differences, unproven, speed.get(0)], [[], [], own]);
});

test('a difference of the epoch before is not reported again', async () => {
  const before = partition(4, tallies({ new: 3 }), tallies({ new: 2, copies: 1 }));
  const own = tallies({ new: 4 });
  assert.deepEqual((await compared({ atCut: tallies({ new: 6, copies: 1 }), own, before })).differences, []);
});

test('a tally that differs is reported by its name', async () => {
  const own = tallies({ new: 4, dead_letters: 1, dead_letters_by_reason: { not_json: 1 } });
  const { differences } = await compared({
    atCut: tallies({ new: 5, dead_letters: 1, dead_letters_by_reason: { bad_utf8: 1 } }),
    own,
  });
  assert.deepEqual(differences, [
    { partition: 0, tally: 'new', batch: 4, speed: 5 },
    { partition: 0, tally: 'dead_letters.not_json', batch: 1, speed: 0 },
    { partition: 0, tally: 'dead_letters.bad_utf8', batch: 0, speed: 1 },
  ]);
});

test('progress that stands at the cut is used instead of sums; without both the tallies are unproven', async () => {
  assert.deepEqual((await compared({ progressAt: 10, own: tallies({ new: 5 }) })).differences, []);
  assert.equal((await compared({ progressAt: 11, own: tallies({ new: 5 }) })).unproven.length, 1);
});
