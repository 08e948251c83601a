/**
 * Finds the records of an id in the log: in the partitions that can be its home, within a window of stamps.
 *
 * trace.ts gives the window, judge-records.ts says which records are about the id. What is read is bounded three ways:
 * by partition (the id's homes, or all), by the window, and by a number of records a partition; each range that was
 * read is told. A record that was sent home names the place that it came from, which is then read too.
 */
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { MomentInLog } from '../../core/stores/kafka/offsets-at.ts';
import type { LogReader } from '../../core/stores/kafka/types.ts';
import type { Correction } from '../../core/domain/stamps.ts';
import type { ReadRange, TracedRecord } from './model.ts';
import { partitionsEver } from '../../core/domain/growth.ts';
import { homeOf } from '../../core/domain/home.ts';
import { recordJudge } from './judge-records.ts';

export interface RecordSearch {
  readonly id: Oid;
  readonly rules: Rules;
  readonly row: FirstMet | null;
  readonly window: { readonly from: number; readonly to: number };
  readonly inAllPartitions: boolean;
  /** Of one partition. */
  readonly mostRecords: number;
  readonly corrections: (partition: number) => readonly Correction[];
  readonly moments: readonly MomentInLog[];
  readonly tell: (partition: number, records: number) => void;
  readonly signal?: AbortSignal;
}

export async function findRecords(
  reader: LogReader,
  search: RecordSearch,
): Promise<{ records: TracedRecord[]; ranges: ReadRange[] }> {
  const records: TracedRecord[] = [];
  const ranges: ReadRange[] = [];
  const wanted = search.inAllPartitions ? null : new Set(homesOf(search.id, search.rules));
  for (const moment of search.moments) {
    if (wanted && !wanted.has(moment.partition)) continue;
    const read = await readRange(reader, search, moment, search.mostRecords);
    records.push(...read.records);
    ranges.push(read.range);
  }
  for (const [partition, offset] of originsOf(records)) {
    const moment = search.moments.find((each) => each.partition === partition);
    const isRead = ranges.some(
      (range) => range.kafka_partition === partition && range.from_offset <= offset && range.to_offset > offset,
    );
    if (!moment || isRead || offset < moment.low || offset >= moment.high) continue;
    const read = await readRange(reader, search, { ...moment, offset }, 1);
    records.push(...read.records);
    ranges.push(read.range);
  }
  return { records: records.sort((a, b) => a.stamp - b.stamp || a.kafka_offset - b.kafka_offset), ranges };
}

/** Every partition that was or is the home of an id, as the topic grew. */
export function homesOf(id: Oid, rules: Rules): number[] {
  const counts = [
    rules.partitionCount,
    ...(rules.growths ?? []).map(({ partitions }) => partitions),
    partitionsEver(rules),
  ];
  return [...new Set(counts.map((count) => homeOf(id, count)))].sort((a, b) => a - b);
}

/** Where records that were sent home came from. */
export function originsOf(records: readonly TracedRecord[]): [partition: number, offset: number][] {
  return records.flatMap(({ forwarded_from: from }) => {
    const [, partition, offset] = /^(\d{1,9})\/(\d{1,15})$/.exec(from ?? '') ?? [];
    return partition === undefined ? [] : [[Number(partition), Number(offset)] as [number, number]];
  });
}

async function readRange(
  reader: LogReader,
  { id, rules, row, window, corrections, tell, signal }: RecordSearch,
  { partition, offset, high }: MomentInLog,
  mostRecords: number,
): Promise<{ records: TracedRecord[]; range: ReadRange }> {
  const judge = recordJudge({ id, rules, row, corrections: corrections(partition) });
  const records: TracedRecord[] = [];
  let [next, count, isWhole] = [offset, 0, true];
  if (offset < high) {
    for await (const batch of reader.read(partition, offset, signal)) {
      const end = batch.records.findIndex(({ stamp, offset: at }) => stamp >= window.to || at >= high);
      const inside = (end < 0 ? batch.records : batch.records.slice(0, end)).slice(0, mostRecords - count);
      records.push(...judge.take(inside));
      count += inside.length;
      isWhole = end >= 0 ? inside.length === end : inside.length === batch.records.length;
      next = isWhole && end < 0 ? batch.next : (inside.at(-1)?.offset ?? next - 1) + 1;
      tell(partition, count);
      if (end >= 0 || batch.atEnd || count >= mostRecords || next >= high) {
        isWhole &&= end >= 0 || next >= high || batch.atEnd;
        break;
      }
    }
  }
  return {
    records,
    range: { kafka_partition: partition, from_offset: offset, to_offset: next, records: count, is_whole: isWhole },
  };
}
