/**
 * What must hold after every single step, whoever crashed in the middle of it: every cell ever written is the truth up
 * to its timestamp, every first-met row is what its record said, and whatever lies before a progress row is in HBase in
 * full.
 *
 * simulate.ts calls it after each turn. It looks at what was put since, also where it lost to something newer: a zombie
 * may be late, but it must not be wrong.
 */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Detection } from '../../core/domain/detection.ts';
import { epochAt } from '../../core/domain/epoch.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import { eachHourCellOf, hourCellKey, hourRowKey, hourRowsOf } from '../../core/domain/hour-counts.ts';
import type { HourRowName } from '../../core/domain/hour-counts.ts';
import { oid } from '../../core/domain/oid.ts';
import type { Tallies } from '../../core/domain/tallies.ts';
import {
  decodeFirstMet,
  decodeHourCell,
  decodeList,
  decodeSpeedRow,
  LIST_FAMILY,
  oidOfRow,
} from '../../core/layout/hbase.ts';
import { requireAnswers } from '../../core/stores/rows/answers.ts';
import { detectionsStore } from '../../core/stores/tables/detections.ts';
import type { StampRecord } from '../../core/stores/control/stamp-rows.ts';
import type { Cell } from '../../core/hbase/types.ts';
import { speedView } from '../../core/stores/views/speed-view.ts';
import { AHEAD_MS } from './clocks.ts';
import type { Met } from './truth.ts';
import { NAMESPACE } from './worker.ts';
import type { World } from './worker.ts';
import type { GrowthRecord } from '../../core/stores/control/growth-rows.ts';

export interface StepChecks {
  /** `horizon`: the last published epoch; what lies up to it may be pruned. */
  afterStep(horizon: number): Promise<void>;
  /** Records before which a reader was seen to wait. */
  holds(): number;
}

interface WrittenProgress {
  readonly partition: number;
  readonly nextOffset: number;
  readonly arrival: number;
  readonly tallies: Tallies;
}

export function stepChecks(world: World): StepChecks {
  const { hbase, truth } = world;
  const complete = completeness(world);
  const decidedTo = new Map<number, number>();
  const holds = new Set<string>();
  return {
    holds: () => holds.size,
    async afterStep(horizon) {
      const reached: WrittenProgress[] = [];
      const written = hbase.written();
      for (const { cell } of written)
        if (cell.row.toString().startsWith('growth/'))
          truth.grow((JSON.parse(cell.value.toString()) as GrowthRecord).growths);
      for (const { cell } of written) stampRow(world, cell, decidedTo, holds);
      for (const { table, cell } of written) {
        note(decidedTo, table, cell);
        if (table.endsWith(':speed_view')) speedCell(world, cell, horizon);
        else if (table.endsWith(':detections')) firstMetRow(world, cell);
        else if (table.endsWith(':control')) {
          const row = cell.row.toString();
          const said: unknown = JSON.parse(cell.value.toString());
          if (row.startsWith('progress/')) reached.push(said as WrittenProgress);
          if (row.startsWith('cut/')) cutRow(world, said as { partition: number; cut: number; tallies: Tallies });
        }
      }
      for (const { partition, nextOffset, arrival, tallies } of reached) {
        assert.equal(arrival, truth.arrival(partition, nextOffset), `arrival before ${partition}/${nextOffset}`);
        const leadMs = arrival - world.log.clockMs();
        assert.ok(
          leadMs <= AHEAD_MS + world.clocks.greatestLeadMs(),
          `arrival before ${partition}/${nextOffset} is ${leadMs} ms ahead, and was decided`,
        );
        sameTallies(world, { what: 'progress', partition, offset: nextOffset }, tallies);
        await complete(partition, nextOffset, horizon);
      }
    },
  };
}

/**
 * A correction holds for whoever decides its records; what is settled, or begins with an epoch, is never far ahead of
 * every clock.
 */
function stampRow(
  { truth, rules, log, clocks }: World,
  cell: Cell,
  decidedTo: ReadonlyMap<number, number>,
  holds: Set<string>,
): void {
  const [kind, , partition] = cell.row.toString().split('/');
  const latest = log.clockMs() + AHEAD_MS + clocks.greatestLeadMs();
  if (kind === 'growth') {
    const { settled } = JSON.parse(cell.value.toString()) as GrowthRecord;
    assert.ok(
      settled <= Math.max(rules.firstEpoch, epochAt(latest, rules)),
      `epoch ${settled} is settled, and no clock has come there`,
    );
  }
  if (kind !== 'stamps') return;
  const { corrections, hold, settled } = JSON.parse(cell.value.toString()) as StampRecord;
  if (hold) holds.add(`${partition}/${hold.offset}`);
  assert.ok(
    settled <= latest,
    `stamps of partition ${partition} are settled up to ${settled}, and no clock has come there`,
  );
  const known = truth.corrected().corrections;
  truth.correct(Number(partition), corrections);
  if (truth.corrected().corrections === known) return;
  const { from } = corrections.at(-1)!;
  assert.ok(
    from > (decidedTo.get(Number(partition)) ?? -1),
    `${partition}/${from} was decided before a correction began with it`,
  );
}

/** The greatest offset of a partition that anything written rests on. */
function note(decidedTo: Map<number, number>, table: string, cell: Cell): void {
  const [partition, offset] = positionOf(table, cell);
  if (partition !== null) decidedTo.set(partition, Math.max(decidedTo.get(partition) ?? -1, offset));
}

function positionOf(table: string, cell: Cell): readonly [number | null, number] {
  if (table.endsWith(':speed_view')) return [decodeSpeedRow(cell.row).partition, cell.timestamp];
  if (table.endsWith(':detections')) {
    const { partition, offset } = decodeFirstMet(oidOfRow(cell.row), cell.value);
    return [partition, offset];
  }
  const [kind, , partition] = cell.row.toString().split('/');
  if (kind === 'progress')
    return [Number(partition), (JSON.parse(cell.value.toString()) as WrittenProgress).nextOffset - 1];
  return [null, 0];
}

function speedCell({ truth }: World, cell: Cell, horizon: number): void {
  const { partition, epoch, group, hour } = decodeSpeedRow(cell.row);
  // A zombie that was left behind may begin a row anew that was pruned: below the markers, and read by nobody.
  if (epoch <= horizon) return;
  const at = cell.timestamp;
  if (cell.family === LIST_FAMILY) {
    for (const { id, location, detectedAt } of decodeList(hour, cell)) {
      const isMet = truth
        .metOf(id)
        .some(
          (met) =>
            !met.isDeferred &&
            met.partition === partition &&
            met.offset <= at &&
            met.epoch === epoch &&
            met.location === location &&
            met.detectedAt === detectedAt,
        );
      assert.ok(isMet, `the list of ${location} names detection ${id} up to ${partition}/${at}`);
    }
    return;
  }
  const { kind, location, item, minutes } = decodeHourCell(group, cell);
  const name = [partition, epoch, hour, kind, location, item].join(' ');
  assert.deepEqual(minutes, truth.minutesIn(name, at), `cell ${name} up to offset ${at}`);
}

function firstMetRow({ truth }: World, cell: Cell): void {
  const { partition, offset, arrival, detection } = decodeFirstMet(oidOfRow(cell.row), cell.value);
  const met = truth.metAt(partition, offset);
  assert.ok(met, `the row of ${detection.id} says that ${partition}/${offset} met it first`);
  const said = {
    arrival,
    id: detection.id,
    location: detection.location,
    item: detection.item,
    detectedAt: detection.detectedAt,
  };
  const { id, location, item, detectedAt } = met;
  assert.deepEqual(said, { arrival: met.arrival, id, location, item, detectedAt }, `the row of ${detection.id}`);
}

function cutRow(world: World, { partition, cut, tallies }: { partition: number; cut: number; tallies: Tallies }): void {
  const { truth, rules } = world;
  const length = rules.epochSeconds * 1_000;
  const epochBefore = Math.floor(truth.arrival(partition, cut) / length);
  assert.ok(
    Math.floor(truth.arrival(partition, cut + 1) / length) > Math.max(epochBefore, rules.firstEpoch - 1),
    `${partition}/${cut} is a cut`,
  );
  sameTallies(world, { what: 'cut', partition, offset: cut }, tallies);
}

function sameTallies(
  { truth }: World,
  { what, partition, offset }: { readonly what: string; readonly partition: number; readonly offset: number },
  said: Tallies,
): void {
  const { dead_letters_by_reason: reasons, ...tallies } = said;
  const expected = truth.tally(partition, offset);
  if (!isDeepStrictEqual({ ...tallies }, { ...expected }))
    assert.deepEqual(tallies, expected, `tallies of the ${what} at ${partition}/${offset}`);
  assert.equal(
    Object.values(reasons).reduce((a, b) => a + b, 0),
    expected.dead_letters,
    'dead letters by reason',
  );
}

/** Everything before a progress is in HBase and Kafka; each offset is looked at once. */
function completeness(world: World): (partition: number, nextOffset: number, horizon: number) => Promise<void> {
  const { truth, rules, deadLetters } = world;
  const hbase = world.hbase.client();
  const view = speedView(hbase, NAMESPACE, rules);
  const rows = detectionsStore(hbase, NAMESPACE, rules);
  const checkedTo = new Map<number, number>();
  return async (partition, nextOffset, horizon) => {
    const from = checkedTo.get(partition) ?? 0;
    if (nextOffset <= from) return;
    checkedTo.set(partition, nextOffset);
    const met: Met[] = [];
    for (let offset = from; offset < nextOffset; offset++) {
      const where = `${partition}/${offset}`;
      const found = truth.metAt(partition, offset);
      if (found && found.arrival >= world.rowsSince) met.push(found);
      if (truth.deadLetters.has(where))
        assert.ok(deadLetters.has(where), `dead letter ${where} is behind the progress and not kept`);
      if (truth.strays.has(where))
        assert.ok(isSentHome(world, where), `stray ${where} is behind the progress and not sent home`);
    }
    const kept = requireAnswers('detections', await rows.find(met.map(({ id }) => oid(id))));
    met.forEach(({ id, arrival }, i) =>
      assert.ok(
        (kept[i]?.arrival ?? -1) >= arrival,
        `first-met row of ${id} before progress ${partition}/${nextOffset}`,
      ),
    );
    await counted(
      met.filter((each) => !each.isDeferred && each.epoch > horizon),
      partition,
      nextOffset,
    );
  };

  async function counted(met: readonly Met[], partition: number, nextOffset: number): Promise<void> {
    const names = new Map<string, HourRowName>();
    for (const each of met)
      for (const name of hourRowsOf(detectionOf(each), each.epoch as Epoch)) names.set(hourRowKey(name), name);
    const all = [...names.values()];
    const cells = new Map<string, number>();
    requireAnswers('speed_view', await view.load(all, partition)).forEach((row, i) => {
      for (const cell of row ?? []) cells.set(`${hourRowKey(all[i]!)} ${hourCellKey(cell)}`, cell.upTo);
    });
    for (const each of met) {
      const detection = detectionOf(each);
      const [ofGroup, ofAll] = hourRowsOf(detection, each.epoch as Epoch);
      eachHourCellOf(detection, (kind, location, item) => {
        const name = `${hourRowKey(kind === 'place_item' ? ofGroup : ofAll)} ${hourCellKey({ kind, location, item })}`;
        assert.ok((cells.get(name) ?? -1) >= each.offset, `cell ${name} is behind progress ${partition}/${nextOffset}`);
      });
    }
  }
}

function detectionOf({ id, location, item, detectedAt }: Met): Detection {
  return { id, location, item, detectedAt, camera: '0' } as unknown as Detection;
}

function isSentHome({ log }: World, stray: string): boolean {
  return log.partitions.some((records) =>
    records.some((record) =>
      record?.headers.some(([name, value]) => name === 'sightline.stray' && value?.toString() === stray),
    ),
  );
}
