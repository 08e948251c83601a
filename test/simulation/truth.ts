/**
 * The truth: what the laws promise, worked out record by record as the log takes them, with sets and plain sums.
 *
 * No cells, no caches, no replay, and nothing of the product but what an epoch is: what a record is, is judged here
 * anew, with JSON.parse for the text and kafkajs's partitioner for the home. It knows the truth up to any offset, so
 * that what stands in HBase can be compared at any time.
 */
import assert from 'node:assert/strict';
import kafkajs from 'kafkajs';
import { epochOf } from '../../core/domain/epoch.ts';
import type { LogRecord } from '../../core/domain/detection.ts';
import type { Rules, Growth } from '../../core/domain/rules.ts';
import type { Correction } from '../../core/domain/stamps.ts';
import type { Instant } from '../../core/domain/time.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/domain/time.ts';

export interface Tally {
  readonly new: number;
  readonly copies: number;
  readonly strays: number;
  readonly deferred: number;
  readonly dead_letters: number;
  readonly ticks: number;
}

/** A record that first met its id. */
export interface Met {
  readonly partition: number;
  readonly offset: number;
  readonly arrival: number;
  readonly epoch: number;
  readonly id: string;
  readonly location: string;
  readonly item: string;
  readonly detectedAt: number;
  readonly isDeferred: boolean;
}

export interface Truth {
  /** Takes the next record of a partition; null: a marker, which takes an offset. */
  take(partition: number, record: LogRecord | null): void;
  /** Takes what is recorded of growths, each before anybody may decide a record that it applies to. */
  grow(growths: readonly Growth[]): void;
  /**
   * Takes what is recorded of a partition's corrections, each before anybody may decide a record at or behind its first
   * one.
   */
  correct(partition: number, corrections: readonly Correction[]): void;
  corrected(): { corrections: number; correctedRecords: number };
  grown(): { growths: number; metAfterGrowth: number };
  /** In the order of the log. */
  readonly met: readonly Met[];
  metAt(partition: number, offset: number): Met | undefined;
  /** Of all records of a partition before an offset. */
  tally(partition: number, offset: number): Tally;
  /** Arrival of the last record before an offset; 0 if there is none. */
  arrival(partition: number, offset: number): number;
  /** The first offset that arrived at `t` or later. */
  firstArrived(partition: number, t: number): number;
  /** The records that met this id first, one after the other if W lay between them. */
  metOf(id: string): readonly Met[];
  /**
   * What a cell of an hour holds that includes this offset: minute, count, minute, count, …; null if the offset is not
   * of it.
   */
  minutesIn(hourCell: string, upTo: number): number[] | null;
  readonly deadLetters: ReadonlySet<string>;
  readonly strays: ReadonlySet<string>;
}

const NOTHING: Tally = { new: 0, copies: 0, strays: 0, deferred: 0, dead_letters: 0, ticks: 0 };

export function truthOf(rules: Rules): Truth {
  const windowMs = (rules.dedupWindowDays + rules.clockAheadDays) * DAY_MS;
  let growths: readonly Growth[] = [];
  const taken: { partition: number; record: LogRecord | null; arrival: number; era: number }[] = [];
  const corrected = new Map<number, readonly Correction[]>();
  let correctedRecords = 0;
  const met: Met[] = [];
  const byPosition = new Map<string, Met>();
  const byId = new Map<string, Met[]>();
  const hourCells = new Map<string, { offset: number; minute: number }[]>();
  const deadLetters = new Set<string>();
  const strays = new Set<string>();
  const tallies: Tally[][] = [];
  const arrivals: number[][] = [];
  const lastMet = new Map<string, number>();
  let lastEra = 0;
  const of = <T>(all: T[][], partition: number, before: T): T[] => (all[partition] ??= [before]);
  const eraOf = (arrival: number): number => growths.filter(({ from }) => from <= arrival).length;
  const homesIn = (era: number): readonly ((id: string) => number)[] =>
    [rules.partitionCount, ...growths.map(({ partitions }) => partitions)].slice(0, era + 1).map(homesOf);

  const kindOf = (record: LogRecord, arrival: number): keyof Tally => {
    const where = `${record.partition}/${record.offset}`;
    const said = judged(record, arrival, rules, homesIn(eraOf(arrival)));
    if (said === 'dead_letters') deadLetters.add(where);
    if (said === 'strays') strays.add(where);
    if (typeof said === 'string') return said;
    const { id, detectedAt } = said;
    if (arrival - (lastMet.get(id) ?? -Infinity) <= windowMs) return 'copies';
    lastMet.set(id, arrival);
    const isDeferred = arrival - detectedAt > rules.dedupWindowDays * DAY_MS;
    const epoch = epochOf(arrival as Instant, rules);
    const entry: Met = { ...said, partition: record.partition, offset: record.offset, arrival, epoch, isDeferred };
    met.push(entry);
    byPosition.set(where, entry);
    byId.set(id, [...(byId.get(id) ?? []), entry]);
    if (isDeferred) return 'deferred';
    const counted = { offset: record.offset, minute: minuteOf(detectedAt) };
    for (const cell of hourCellsOf(entry)) hourCells.set(cell, [...(hourCells.get(cell) ?? []), counted]);
    return 'new';
  };
  const judge = ({ partition, record, arrival, era }: (typeof taken)[number]): void => {
    lastEra = era;
    const tally = of(tallies, partition, NOTHING).at(-1)!;
    if (!record) return void tallies[partition]!.push(tally);
    const kind = kindOf(record, arrival);
    tallies[partition]!.push({ ...tally, [kind]: tally[kind] + 1 });
  };
  /** All that was taken, once more: everything before a growth comes before what it applies to. */
  const judgeAgain = (): void => {
    met.length = tallies.length = 0;
    for (const known of [byPosition, byId, hourCells, deadLetters, strays, lastMet]) known.clear();
    for (const one of taken) one.era = eraOf(one.arrival);
    [...taken].sort((a, b) => a.era - b.era).forEach(judge);
  };
  const arrivalAfter = (partition: number, record: LogRecord | null): number => {
    const soFar = of(arrivals, partition, 0).at(-1)!;
    if (record === null) return soFar;
    const isCorrected = (corrected.get(partition) ?? []).some(
      ({ from, to }) => from <= record.offset && record.offset <= to,
    );
    return isCorrected ? soFar : Math.max(soFar, record.stamp);
  };
  return {
    met,
    correct(partition, recorded) {
      const before = corrected.get(partition) ?? [];
      assert.deepEqual(
        recorded.slice(0, before.length),
        before,
        `corrections of partition ${partition} stay as they are`,
      );
      if (recorded.length === before.length) return;
      corrected.set(partition, recorded);
      arrivals[partition] = [0];
      correctedRecords = 0;
      for (const one of taken) {
        if (one.partition === partition) arrivals[partition]!.push((one.arrival = arrivalAfter(partition, one.record)));
        const isIn = ({ from, to }: Correction): boolean =>
          one.record !== null && from <= one.record.offset && one.record.offset <= to;
        if (corrected.get(one.partition)?.some(isIn)) correctedRecords++;
      }
      judgeAgain();
    },
    corrected: () => ({ corrections: [...corrected.values()].flat().length, correctedRecords }),
    grow(recorded) {
      if (recorded.length <= growths.length) return;
      growths = recorded;
      judgeAgain();
    },
    grown: () => ({ growths: lastEra, metAfterGrowth: met.filter(({ arrival }) => eraOf(arrival) > 0).length }),
    deadLetters,
    strays,
    metAt: (partition, offset) => byPosition.get(`${partition}/${offset}`),
    tally: (partition, offset) => of(tallies, partition, NOTHING)[offset]!,
    arrival: (partition, offset) => of(arrivals, partition, 0)[offset]!,
    firstArrived(partition, t) {
      const at = of(arrivals, partition, 0).findIndex((arrival) => arrival >= t);
      return at === -1 ? arrivals[partition]!.length - 1 : Math.max(0, at - 1);
    },
    metOf: (id) => byId.get(id) ?? [],
    minutesIn(hourCell, upTo) {
      const included = (hourCells.get(hourCell) ?? []).filter(({ offset }) => offset <= upTo);
      if (included.at(-1)?.offset !== upTo) return null;
      const counts = new Map<number, number>();
      for (const { minute } of included) counts.set(minute, (counts.get(minute) ?? 0) + 1);
      return [...counts].sort(([a], [b]) => a - b).flat();
    },
    take(partition, record) {
      const arrival = arrivalAfter(partition, record);
      arrivals[partition]!.push(arrival);
      const one = { partition, record, arrival, era: eraOf(arrival) };
      taken.push(one);
      if (one.era < lastEra) judgeAgain();
      else judge(one);
    },
  };
}

/** The cells of an hour that count it, as names: partition, epoch, hour, kind, place, item. */
function hourCellsOf({ partition, epoch, location, item, detectedAt }: Met): string[] {
  const hour = Math.floor(detectedAt / HOUR_MS);
  const subjects = [
    ['place_item', location, item],
    ['item', '', item],
    ['place', location, ''],
    ['total', '', ''],
  ];
  return subjects.map((subject) => [partition, epoch, hour, ...subject].join(' '));
}

const minuteOf = (t: number): number => Math.floor(t / MINUTE_MS) % 60;

/** Every cell of every level, as names: partition, epoch, place or all, hour, level, minute, item or place. */
export function cellsOf({ partition, epoch, location, item, detectedAt }: Met): string[] {
  const hour = Math.floor(detectedAt / HOUR_MS);
  const minute = minuteOf(detectedAt);
  const name = (...parts: readonly unknown[]): string => [partition, epoch, ...parts].join(' ');
  return [
    ...[location, 'all'].flatMap((scope) => [
      name(scope, hour, 'minute_item', minute, item),
      name(scope, hour, 'hour_item', 0, item),
      name(scope, hour, 'minute', minute, ''),
    ]),
    name('all', hour, 'minute_place', minute, location),
    name('all', hour, 'hour_place', 0, location),
  ];
}

type Said = 'ticks' | 'dead_letters' | 'strays' | Pick<Met, 'id' | 'location' | 'item' | 'detectedAt'>;

/** `homes`: of every count so far, the one that holds last. */
function judged(
  { value, headers, partition }: LogRecord,
  arrival: number,
  rules: Rules,
  homes: readonly ((id: string) => number)[],
): Said {
  const has = (header: string): boolean => headers.some(([name]) => name === header);
  if (!value?.length) return has('sightline.tick') ? 'ticks' : 'dead_letters';
  const said = parsed(value.toString());
  if (!said || said.detectedAt - arrival > rules.clockAheadDays * DAY_MS) return 'dead_letters';
  if (homes.at(-1)!(said.id) === partition) return said;
  if (value.length > 1_000_000) return 'dead_letters';
  return has('sightline.stray') && !homes.some((home) => home(said.id) === partition) ? 'dead_letters' : 'strays';
}

/** Good for what traffic.ts writes. Ids are quoted first, since JSON.parse would round them. */
function parsed(text: string): Pick<Met, 'id' | 'location' | 'item' | 'detectedAt'> | null {
  try {
    const said = JSON.parse(text.replaceAll(/_oid":(-?\d+)/g, '_oid":"$1"')) as Record<string, unknown>;
    const {
      detection_oid: id,
      geographical_location_oid: location,
      item_name: item,
      timestamp_detected: detectedAt,
    } = said;
    if (
      typeof id !== 'string' ||
      typeof location !== 'string' ||
      typeof item !== 'string' ||
      typeof detectedAt !== 'number'
    )
      return null;
    return { id, location, item, detectedAt };
  } catch {
    return null;
  }
}

const homesByCount = new Map<number, (id: string) => number>();

function homesOf(partitionCount: number): (id: string) => number {
  let home = homesByCount.get(partitionCount);
  if (!home) homesByCount.set(partitionCount, (home = homes(partitionCount)));
  return home;
}

function homes(partitionCount: number): (id: string) => number {
  const partitioner = kafkajs.Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: partitionCount }, (_, partitionId) => ({
    partitionId,
    leader: 0,
    replicas: [0],
    isr: [0],
    partitionErrorCode: 0,
  }));
  return (id) => partitioner({ topic: 'sim', partitionMetadata, message: { key: id, value: null } });
}
