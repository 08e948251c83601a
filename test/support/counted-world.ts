/**
 * A world of counted detections with its plain truth, written to the views as the two layers write them.
 *
 * Facts are met in the order of arrival, with offsets of their partitions; most were detected just before, some days
 * before, some by clocks ahead. writeEpochs puts the cells of some epochs into a view, so that a test decides what each
 * view holds.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { HourCellName, HourRowName } from '../../core/domain/hour-counts.ts';
import type { Tallies } from '../../core/domain/tallies.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { BatchView } from '../../core/stores/views/batch-view.ts';
import type { SpeedRowWrite, SpeedView } from '../../core/stores/views/speed-view.ts';
import { epoch, epochAt, startOf } from '../../core/domain/epoch.ts';
import { homeOf } from '../../core/domain/home.ts';
import { addToMinute, eachHourCellOf, hourCellKey, hourRowKey, hourRowsOf } from '../../core/domain/hour-counts.ts';
import { oid } from '../../core/domain/oid.ts';
import { NO_TALLIES } from '../../core/domain/tallies.ts';
import { DAY_MS, HOUR_MS, minuteOf } from '../../core/domain/time.ts';

export const COUNTED_RULES = { epochSeconds: 7_200, dedupWindowDays: 2, clockAheadDays: 1, partitionCount: 5 };
export const PLACES = [
  '0',
  '1',
  '17',
  '-7',
  '400',
  '9007199254740993',
  '-9223372036854775808',
  '9223372036854775807',
].map(oid);
export const ITEMS = [
  'bicycle',
  'car',
  'Car',
  'cart',
  'bus',
  '\u{1F6B2}',
  '\uFFFD',
  'é',
  'x'.repeat(64),
  'x'.repeat(65),
  `${'long '.repeat(500)}1`,
];

export type Fact = FirstMet;

export interface CountedWorld {
  /** In the order of arrival. */
  readonly facts: readonly Fact[];
  readonly firstEpoch: Epoch;
  /** Per partition: the first offset that belongs to this epoch or a later one. */
  cutsBefore(e: number): number[];
  arrivalBefore(partition: number, offset: number): Instant;
  tallies(partition: number): Tallies;
}

/** mulberry32: uniform in [0, 1). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function countedWorld(options: { seed: number; now: number; facts: number }): CountedWorld {
  const random = randomOf(options.seed);
  const span = 30 * HOUR_MS;
  const arrivals = Array.from({ length: options.facts }, () => Math.floor(options.now - random() ** 2 * span)).sort(
    (a, b) => a - b,
  );
  const offsets = new Array<number>(COUNTED_RULES.partitionCount).fill(0);
  const facts = arrivals.map((arrival, index): Fact => {
    const id = oid(1_000_003n * BigInt(index + 1) * (random() < 0.1 ? -9_007_199n : 1n));
    const partition = homeOf(id, COUNTED_RULES.partitionCount);
    const place = PLACES[Math.floor(random() ** 2 * PLACES.length)]!;
    const item = ITEMS[Math.floor(random() ** 2 * ITEMS.length)]!;
    const detection = {
      id,
      location: place,
      camera: oid(index % 50),
      item,
      detectedAt: (arrival - latenessOf(random)) as Instant,
    };
    return { logLife: 1, partition, offset: offsets[partition]!++, arrival: arrival as Instant, detection };
  });
  const of = (partition: number): Fact[] => facts.filter((fact) => fact.partition === partition);
  const partitions = offsets.map((_, partition) => partition);
  return {
    facts,
    firstEpoch: epochAt(arrivals[0] ?? options.now, COUNTED_RULES),
    cutsBefore: (e) =>
      partitions.map((p) => of(p).filter(({ arrival }) => arrival < startOf(epoch(e), COUNTED_RULES)).length),
    arrivalBefore: (partition, offset) => of(partition)[offset - 1]?.arrival ?? (0 as Instant),
    tallies: (partition) => ({ ...NO_TALLIES, new: offsets[partition]! }),
  };
}

/** Mostly seconds, sometimes up to two days, sometimes up to a day ahead. */
function latenessOf(random: () => number): number {
  const kind = random();
  if (kind < 0.8) return Math.floor(random() * 5_000);
  return kind < 0.95 ? Math.floor(random() * 2 * DAY_MS) : -Math.floor(random() * DAY_MS);
}

export async function writeEpochs(
  world: CountedWorld,
  views: { speedView: SpeedView; batchView: BatchView },
  part: { view: 'speed' | 'batch'; from: number; to: number; keep?: (fact: Fact) => boolean },
): Promise<void> {
  const chosen = world.facts.filter((fact) => {
    const e = epochAt(fact.arrival, COUNTED_RULES);
    return e >= part.from && e <= part.to && (part.keep?.(fact) ?? true);
  });
  const rows = rowWrites(chosen, part.view);
  for (let at = 0; at < rows.length; at += 500) {
    const some = rows.slice(at, at + 500);
    await (part.view === 'speed' ? views.speedView.put(some) : views.batchView.put(some));
  }
}

interface OpenRow {
  readonly name: HourRowName;
  readonly partition: number;
  readonly cells: Map<string, HourCellName & { minutes: number[]; upTo: number }>;
  readonly listed: Fact[];
}

function rowWrites(facts: readonly Fact[], view: 'speed' | 'batch'): SpeedRowWrite[] {
  const rows = new Map<string, OpenRow>();
  for (const fact of facts) {
    const e = epochAt(fact.arrival, COUNTED_RULES);
    const [ofGroup, ofAll] = hourRowsOf(fact.detection, e);
    const partition = view === 'speed' ? fact.partition : 0;
    const rowOf = (name: HourRowName): OpenRow => {
      const key = `${partition}/${hourRowKey(name)}`;
      const row = rows.get(key) ?? { name, partition, cells: new Map(), listed: [] };
      rows.set(key, row);
      return row;
    };
    eachHourCellOf(fact.detection, (kind, location, item) => {
      const { cells } = rowOf(kind === 'place_item' ? ofGroup : ofAll);
      const name = { kind, location, item };
      const cell = cells.get(hourCellKey(name)) ?? { ...name, minutes: [], upTo: 0 };
      addToMinute(cell.minutes, minuteOf(fact.detection.detectedAt));
      cells.set(hourCellKey(name), { ...cell, upTo: view === 'speed' ? fact.offset : e });
    });
    rowOf(ofGroup).listed.push(fact);
  }
  return [...rows.values()].map(({ name, partition, cells, listed }) => ({
    name,
    partition,
    cells: [...cells.values()],
    listed: listed.map(({ detection: { id, location, detectedAt }, offset }) => {
      const upTo = view === 'speed' ? offset : name.epoch;
      return {
        second: Math.floor(detectedAt / 1_000) % 3_600,
        first: offset,
        upTo,
        entries: [{ id, location, detectedAt }],
      };
    }),
  }));
}
