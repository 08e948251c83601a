/**
 * The publisher of the simulation: a batch layer that publishes epochs by the truth and prunes the speed view, with the
 * real stores.
 *
 * In the order of a run: ticks where a partition is quiet, the batch view, the horizon by check-and-put, and after the
 * grace the prune. It dies where the seed wants and begins again, as the next run would.
 */
import assert from 'node:assert/strict';
import type { Detection, LogRecord } from '../../core/domain/detection.ts';
import { allPartitions } from '../../core/domain/growth.ts';
import { endOf } from '../../core/domain/epoch.ts';
import { graceAfter, keptForMs } from '../../core/domain/grace.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { HourCell, HourRowName } from '../../core/domain/hour-counts.ts';
import { addToMinute, eachHourCellOf, hourCellKey, hourRowKey, hourRowsOf } from '../../core/domain/hour-counts.ts';
import type { Instant } from '../../core/domain/time.ts';
import { HOUR_MS, minuteOf, SECOND_MS } from '../../core/domain/time.ts';
import { TICK_HEADER } from '../../core/domain/verdict.ts';
import { Retryable } from '../../core/process/errors.ts';
import { batchView } from '../../core/stores/views/batch-view.ts';
import type { BatchRowWrite } from '../../core/stores/views/batch-view.ts';
import { controlStore } from '../../core/stores/control/control.ts';
import { settleEpoch } from '../../core/stores/control/settled-growth.ts';
import { speedView } from '../../core/stores/views/speed-view.ts';
import { stampGate } from '../../core/stores/control/stamp-gate.ts';
import { readToCut } from '../../batch-layer/archive/cut.ts';
import { AHEAD_MS } from './clocks.ts';
import type { Met } from './truth.ts';
import { NAMESPACE } from './worker.ts';
import type { World } from './worker.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';

export interface Publisher {
  /** The last published epoch, as HBase has it; the one before the first if none is. */
  horizon(): number;
  /** What the epochs up to and including this one hold for good. */
  published(upTo: number): readonly Met[];
  /**
   * What a rebuild does for a new generation: publishes every epoch up to this one, which the log holds whole, waiting
   * for a turn between them.
   */
  publishUpTo(last: Epoch, turn: () => Promise<void>): Promise<void>;
  /**
   * The lock of the lake, of one process: waits until no run is under way, and then none begins before it is released.
   */
  hold(turn: () => Promise<void>): Promise<void>;
  release(): void;
  /** Publishes by itself until the world is over. */
  live(): Promise<void>;
}

const SELF = 'batch';
/** Runs of one lake whose environments differ. */
const GRACES_MS = [0, 4_000, 60_000, 600_000];

export function publisherOf(world: World): Publisher {
  const { rules, order, random, faults, log, truth } = world;
  const hbase = world.hbase.client(() => order.turn(SELF), faults);
  const control = controlStore(hbase, NAMESPACE);
  const batch = batchView(hbase, NAMESPACE, rules);
  const pruning = speedView(hbase, NAMESPACE, rules);
  /** By epoch; noted before the horizon moves, because a viewer may see it moved before the run does. */
  const lake = new Map<number, readonly Met[]>();
  const graces = world.dice(`grace ${rules.generation}`);
  let moved: Horizon | null = null;

  const reader = { read: (partition: number, from: number) => readings(log, partition, from) };
  const now = world.clocks.reader(log.clockMs);
  const stamps = stampGate({ control, logLife: rules.logLife, now, aheadMs: AHEAD_MS });

  /**
   * Where the epoch is cut in a partition, read as the archive reads it; null where the log ends before, or a stamp
   * must wait.
   */
  const cutOf = async (epoch: Epoch, partition: number, horizon: Horizon | null): Promise<number | 'quiet' | null> => {
    const place = {
      partition,
      next: horizon?.cuts[partition] ?? 0,
      arrival: (horizon?.arrivals[partition] ?? 0) as Instant,
    };
    for await (const { records, next, endsWith } of readToCut(endOf(epoch, rules), place, { reader, stamps })) {
      for (const { record, arrival } of records)
        assert.equal(arrival, truth.arrival(partition, record.offset + 1), `arrival of ${partition}/${record.offset}`);
      if (endsWith === 'wait') return null;
      if (endsWith === 'cut') return next;
    }
    return 'quiet';
  };
  const cutsOf = async (
    epoch: Epoch,
    partitions: readonly number[],
    horizon: Horizon | null,
  ): Promise<number[] | null> => {
    const cuts: number[] = [];
    for (const partition of partitions) {
      let cut = await cutOf(epoch, partition, horizon);
      if (cut === 'quiet') {
        log.append(partition, { key: null, value: Buffer.alloc(0), headers: [[TICK_HEADER, Buffer.from('1')]] });
        cut = await cutOf(epoch, partition, horizon);
      }
      if (cut === 'quiet' || cut === null) return null;
      assert.ok(
        truth.arrival(partition, cut + 1) >= endOf(epoch, rules) && truth.arrival(partition, cut) < endOf(epoch, rules),
        `${partition}/${cut} cuts epoch ${epoch}`,
      );
      cuts.push(cut);
    }
    return cuts;
  };
  const upTo = (last: number): Met[] => [...lake].flatMap(([epoch, met]) => (epoch <= last ? met : []));
  /** A deferred detection is published unless the lake has it by its own date. */
  const publishedIn = (epoch: number): Met[] =>
    truth.met.filter(
      (met) =>
        met.epoch === epoch &&
        !(met.isDeferred && upTo(epoch - 1).some((other) => other.id === met.id && sameDate(other, met))),
    );

  let isHeld = false;
  let isRunning = false;

  const publish = async (): Promise<void> => {
    const horizon = await control.horizon(rules.generation);
    const epoch = ((horizon?.epoch ?? rules.firstEpoch - 1) + 1) as Epoch;
    if (now() < endOf(epoch, rules)) return;
    await publishEpoch(horizon, epoch);
  };
  const publishEpoch = async (horizon: Horizon | null, epoch: Epoch): Promise<void> => {
    const partitions = allPartitions(await settleEpoch(control, rules, epoch));
    const cuts = await cutsOf(epoch, partitions, horizon);
    if (!cuts) return;
    const met = publishedIn(epoch);
    await batch.put(viewRows(met, epoch));
    if (faults.strikes('batch_crash', 0.1)) return;
    const publishedAt = log.clockMs() as Instant;
    const grace = graceAfter(horizon, publishedAt, graces.pick(GRACES_MS));
    const to: Horizon = {
      epoch,
      cuts,
      arrivals: cuts.map((cut, p) => truth.arrival(p, cut) as Instant),
      publishedAt,
      ...grace,
    };
    lake.set(epoch, met);
    const hasMoved = await control.moveHorizon(rules.generation, horizon, to).catch(async (fault: unknown) => {
      if (!(fault instanceof Retryable)) throw fault;
      // Told that it failed, it may have moved all the same.
      return (await patiently(() => control.horizon(rules.generation)))?.epoch === epoch;
    });
    if (!hasMoved) return;
    moved = to;
  };
  const prune = async (): Promise<void> => {
    const horizon = await control.horizon(rules.generation);
    if (!horizon || horizon.publishedAt + keptForMs(horizon, 0) > log.clockMs()) return;
    const progress = await control.progress(
      rules.generation,
      horizon.cuts.map((_, partition) => partition),
    );
    if (progress.every((each, p) => (each?.nextOffset ?? 0) >= horizon.cuts[p]!))
      await pruning.prune(horizon.epoch, horizon.cuts);
  };
  const live = async (): Promise<void> => {
    while (!world.isOver) {
      await order.turn(SELF);
      try {
        isRunning = !isHeld;
        if (isRunning && random.chance(0.03)) await publish();
        if (isRunning && random.chance(0.02)) await prune();
      } catch (fault) {
        if (!(fault instanceof Retryable)) throw fault;
      } finally {
        isRunning = false;
      }
    }
  };
  return {
    horizon: () => moved?.epoch ?? rules.firstEpoch - 1,
    published: upTo,
    async publishUpTo(last, turn) {
      for (;;) {
        await turn();
        const horizon = await control.horizon(rules.generation);
        const epoch = ((horizon?.epoch ?? rules.firstEpoch - 1) + 1) as Epoch;
        if (epoch > last) return;
        await publishEpoch(horizon, epoch);
      }
    },
    async hold(turn) {
      isHeld = true;
      while (isRunning) await turn();
    },
    release() {
      isHeld = false;
    },
    live,
  };
}

/** A few records at a time. */
export async function* readings(
  { partitions }: World['log'],
  partition: number,
  from: number,
): AsyncIterable<{ records: LogRecord[]; next: number; atEnd: boolean }> {
  const AT_ONCE = 7;
  for (let next = from, end = partitions[partition]!.length; next < end; next += AT_ONCE) {
    const records = partitions[partition]!.slice(next, Math.min(next + AT_ONCE, end)).filter(
      (record) => record !== null,
    );
    yield { records, next: Math.min(next + AT_ONCE, end), atEnd: next + AT_ONCE >= end };
  }
}

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (fault) {
      if (!(fault instanceof Retryable)) throw fault;
    }
  }
}

interface OpenRow {
  readonly name: HourRowName;
  readonly cells: Map<string, HourCell & { readonly minutes: number[] }>;
  readonly listed: BatchRowWrite['listed'][number][];
}

function viewRows(met: readonly Met[], epoch: Epoch): BatchRowWrite[] {
  const rows = new Map<string, OpenRow>();
  const open = (name: HourRowName): OpenRow => {
    const row: OpenRow = rows.get(hourRowKey(name)) ?? { name, cells: new Map(), listed: [] };
    rows.set(hourRowKey(name), row);
    return row;
  };
  met.forEach((each, first) => {
    const detection = { ...each, camera: '0' } as unknown as Detection;
    const { id, location, detectedAt } = detection;
    const [ofGroup, ofAll] = hourRowsOf(detection, epoch);
    eachHourCellOf(detection, (kind, place, item) => {
      const { cells } = open(kind === 'place_item' ? ofGroup : ofAll);
      const name = { kind, location: place, item };
      const cell = cells.get(hourCellKey(name)) ?? { ...name, minutes: [], upTo: epoch };
      addToMinute(cell.minutes, minuteOf(detectedAt));
      cells.set(hourCellKey(name), cell);
    });
    const second = Math.floor((detectedAt % HOUR_MS) / SECOND_MS);
    open(ofGroup).listed.push({ second, first, upTo: epoch, entries: [{ id, location, detectedAt }] });
  });
  return [...rows.values()].map(({ name, cells, listed }) => ({ name, cells: [...cells.values()], listed }));
}

const sameDate = (a: Met, b: Met): boolean =>
  Math.floor(a.detectedAt / 86_400_000) === Math.floor(b.detectedAt / 86_400_000);
