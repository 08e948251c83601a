/**
 * The truth: what the laws promise, worked out record by record as the log takes them, with sets and plain sums.
 *
 * No cells, no caches, no replay, and nothing of the product but what an epoch is: what a record is, is judged here anew, with
 * JSON.parse for the text and kafkajs's partitioner for the home. It knows the truth up to any offset, so that what stands in
 * HBase can be compared at any time.
 */
import kafkajs from 'kafkajs';
import { epochOf } from '../../core/domain/epoch.ts';
import type { LogRecord } from '../../core/domain/detection.ts';
import type { Rules } from '../../core/domain/rules.ts';
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
  /** In the order of the log. */
  readonly met: readonly Met[];
  metAt(partition: number, offset: number): Met | undefined;
  /** Of all records of a partition before an offset. */
  tally(partition: number, offset: number): Tally;
  /** Arrival of the last record before an offset; 0 if there is none. */
  arrival(partition: number, offset: number): number;
  /** The records that met this id first, one after the other if W lay between them. */
  metOf(id: string): readonly Met[];
  /** What a cell of an hour holds that includes this offset: minute, count, minute, count, …; null if the offset is not of it. */
  minutesIn(hourCell: string, upTo: number): number[] | null;
  readonly deadLetters: ReadonlySet<string>;
  readonly strays: ReadonlySet<string>;
}

const NOTHING: Tally = { new: 0, copies: 0, strays: 0, deferred: 0, dead_letters: 0, ticks: 0 };

export function truthOf(rules: Rules): Truth {
  const windowMs = (rules.dedupWindowDays + rules.clockAheadDays) * DAY_MS;
  const home = homes(rules.partitionCount);
  const met: Met[] = [];
  const byPosition = new Map<string, Met>();
  const byId = new Map<string, Met[]>();
  const hourCells = new Map<string, { offset: number; minute: number }[]>();
  const deadLetters = new Set<string>();
  const strays = new Set<string>();
  const tallies: Tally[][] = Array.from({ length: rules.partitionCount }, () => [NOTHING]);
  const arrivals: number[][] = tallies.map(() => [0]);
  const lastMet = tallies.map(() => new Map<string, number>());

  const kindOf = (record: LogRecord, arrival: number): keyof Tally => {
    const where = `${record.partition}/${record.offset}`;
    const said = judged(record, arrival, rules, home);
    if (said === 'dead_letters') deadLetters.add(where);
    if (said === 'strays') strays.add(where);
    if (typeof said === 'string') return said;
    const { id, detectedAt } = said;
    const before = lastMet[record.partition]!;
    if (arrival - (before.get(id) ?? -Infinity) <= windowMs) return 'copies';
    before.set(id, arrival);
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
  return {
    met,
    deadLetters,
    strays,
    metAt: (partition, offset) => byPosition.get(`${partition}/${offset}`),
    tally: (partition, offset) => tallies[partition]![offset]!,
    arrival: (partition, offset) => arrivals[partition]![offset]!,
    metOf: (id) => byId.get(id) ?? [],
    minutesIn(hourCell, upTo) {
      const included = (hourCells.get(hourCell) ?? []).filter(({ offset }) => offset <= upTo);
      if (included.at(-1)?.offset !== upTo) return null;
      const counts = new Map<number, number>();
      for (const { minute } of included) counts.set(minute, (counts.get(minute) ?? 0) + 1);
      return [...counts].sort(([a], [b]) => a - b).flat();
    },
    take(partition, record) {
      const tally = tallies[partition]!.at(-1)!;
      const arrival = Math.max(arrivals[partition]!.at(-1)!, record?.stamp ?? 0);
      arrivals[partition]!.push(arrival);
      if (!record) return void tallies[partition]!.push(tally);
      const kind = kindOf(record, arrival);
      tallies[partition]!.push({ ...tally, [kind]: tally[kind] + 1 });
    },
  };
}

/** The cells of an hour that count it, as names: partition, epoch, hour, kind, place, item. */
function hourCellsOf({ partition, epoch, location, item, detectedAt }: Met): string[] {
  const hour = Math.floor(detectedAt / HOUR_MS);
  const subjects = [['place_item', location, item], ['item', '', item], ['place', location, ''], ['total', '', '']];
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

function judged({ value, headers, partition }: LogRecord, arrival: number, rules: Rules, home: (id: string) => number): Said {
  const has = (header: string): boolean => headers.some(([name]) => name === header);
  if (!value?.length) return has('sightline.tick') ? 'ticks' : 'dead_letters';
  const said = parsed(value.toString());
  if (!said || said.detectedAt - arrival > rules.clockAheadDays * DAY_MS) return 'dead_letters';
  if (home(said.id) === partition) return said;
  return has('sightline.stray') ? 'dead_letters' : 'strays';
}

/** Good for what traffic.ts writes. Ids are quoted first, since JSON.parse would round them. */
function parsed(text: string): Pick<Met, 'id' | 'location' | 'item' | 'detectedAt'> | null {
  try {
    const said = JSON.parse(text.replaceAll(/_oid":(-?\d+)/g, '_oid":"$1"')) as Record<string, unknown>;
    const { detection_oid: id, geographical_location_oid: location, item_name: item, timestamp_detected: detectedAt } = said;
    if (typeof id !== 'string' || typeof location !== 'string' || typeof item !== 'string' || typeof detectedAt !== 'number') return null;
    return { id, location, item, detectedAt };
  } catch {
    return null;
  }
}

function homes(partitionCount: number): (id: string) => number {
  const partitioner = kafkajs.Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: partitionCount }, (_, partitionId) => ({
    partitionId, leader: 0, replicas: [0], isr: [0], partitionErrorCode: 0,
  }));
  return (id) => partitioner({ topic: 'sim', partitionMetadata, message: { key: id, value: null } });
}
