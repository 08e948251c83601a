/**
 * The golden epoch: raw files in which everything happens that a record can meet, with what two earlier epochs left
 * behind.
 *
 * Both engines reconcile it and must say the same. It is made of real files: raw ones by the archive's own writer,
 * first-met rows and published detections by DuckDB from the earlier epochs.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Detection, Location, LogRecord } from '../../core/domain/detection.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { Sources } from '../../batch-layer/reconcile/duckdb/reconcile.ts';
import type { RawFile } from '../../batch-layer/model.ts';
import { homeOf } from '../../core/domain/home.ts';
import { oid } from '../../core/domain/oid.ts';
import { dateOf, DAY_MS, HOUR_MS, instant } from '../../core/domain/time.ts';
import { STRAY_HEADER } from '../../core/domain/verdict.ts';
import { openDuck, quoted } from '../../core/stores/lake/duckdb.ts';
import { rawLimitsFor, rawWriter } from '../../batch-layer/archive/raw-file.ts';
import { reconcile } from '../../batch-layer/reconcile/duckdb/reconcile.ts';

export const GOLDEN_RULES: Rules = {
  generation: 1,
  logLife: 1,
  epochSeconds: 86_400,
  dedupWindowDays: 1,
  clockAheadDays: 1,
  partitionCount: 3,
  firstEpoch: 20_000,
  firstOffsets: [0, 0, 0],
};
export const GOLDEN_PLACES: readonly Location[] = [
  { oid: oid(0), name: 'O\'Brien\'s, "north"' },
  { oid: oid(1), name: 'Bridge' },
  { oid: oid(2), name: 'Köln Hbf' },
];
const BEGIN = 20_000 * DAY_MS;
const ITEMS = ['bicycle', 'van', 'café 🚲', 'a\0b', 'x'.repeat(5_000)];

export interface Golden {
  readonly folder: string;
  readonly sources: Sources;
  /** Folder of what is published, with dt=<date> below it. */
  readonly lake: string;
  readonly detections: number;
}

interface Seen {
  readonly id: bigint;
  /** Since the beginning of the first epoch. */
  readonly hours: number;
  readonly behindHours: number;
  readonly item: string;
  readonly what: 'detection' | 'forwarded' | 'stray' | 'dead_letter';
}

const seen = (id: bigint, hours: number, rest: Partial<Omit<Seen, 'id' | 'hours'>> = {}): Seen => ({
  ...{ id, hours, behindHours: 0, item: ITEMS[Number(BigInt.asUintN(16, id)) % ITEMS.length]!, what: 'detection' },
  ...rest,
});

const HIGH = 9_007_199_254_740_993n;

/** Days 0 and 3; the golden epoch is day 5. W is two days, D one. */
function earlierEpochs(): Seen[] {
  const all: Seen[] = [];
  for (let i = 0n; i < 40n; i++) all.push(seen(HIGH + i, 1));
  for (let i = 20n; i < 60n; i++) all.push(seen(HIGH + i, 3 * 24 + 20));
  return all;
}

function goldenEpoch(count: number): Seen[] {
  const all: Seen[] = [];
  const at = (i: number): number => 5 * 24 + (i * 23) / count;
  for (let i = 0; i < count; i++) {
    const id = i % 97 === 0 ? BigInt(-i) : HIGH + 1_000n + BigInt(i);
    all.push(seen(id, at(i)));
    if (i % 5 === 0) all.push(seen(id, at(i)));
    if (i % 17 === 0) all.push(seen(id, at(i), { item: 'otherwise' }));
    if (i % 31 === 0) all.push(seen(id, at(i), { what: 'stray' }));
    if (i % 37 === 0) all.push(seen(id, at(i), { what: 'forwarded' }));
    if (i % 59 === 0) all.push(seen(id, at(i), { behindHours: 1 }));
    if (i % 41 === 0) all.push(seen(id, at(i), { what: 'dead_letter' }));
    if (i % 43 === 0) all.push(seen(HIGH * 2n - BigInt(i), at(i), { behindHours: 30 + (i % 50) }));
  }
  // Met on day 0 only: first met again, unless it is told with its old time, which the lake knows. Met on day 3:
  // copies.
  for (let i = 0n; i < 10n; i++) all.push(seen(HIGH + i, 5 * 24 + 2, { behindHours: 5 * 24 + 1 }));
  for (let i = 10n; i < 20n; i++) all.push(seen(HIGH + i, 5 * 24 + 3));
  for (let i = 20n; i < 60n; i++)
    all.push(seen(HIGH + i, 5 * 24 + (i < 40n ? 4 : 21), { item: i % 2n === 0n ? 'otherwise' : 'van' }));
  return all;
}

export async function goldenEpochIn(folder: string, count = 3_000): Promise<Golden> {
  const lake = join(folder, 'lake');
  const earlier: string[] = [];
  const published: { date: string; localFile: string }[] = [];
  const lakeFiles: Sources['lakeFiles'] = async (dates) => published.filter(({ date }) => dates.includes(date));
  const next = [0, 0, 0];
  for (const day of [0, 3]) {
    await withDuck(folder, async (duck) => {
      const records = earlierEpochs().filter(({ hours }) => Math.floor(hours / 24) === day);
      const raw = await archived(duck, records, next, join(folder, `raw-${day}`));
      await reconcile(duck, GOLDEN_RULES, { raw, earlier, locations: GOLDEN_PLACES, lakeFiles });
      earlier.push(
        await saved(
          duck,
          'SELECT * FROM met ORDER BY kafka_partition, kafka_offset',
          join(folder, `met-${day}.parquet`),
        ),
      );
      const date = dateOf(BEGIN + day * DAY_MS);
      const select = `SELECT * EXCLUDE (arrival, is_deferred) FROM detections`;
      published.push({
        date,
        localFile: await saved(duck, select, join(lake, `dt=${date}`, 'hour=00', `day${day}-0.parquet`)),
      });
    });
  }
  const golden = goldenEpoch(count);
  const raw = await withDuck(folder, (duck) => archived(duck, golden, next, join(folder, 'raw')));
  const detections = golden.filter(({ what }) => what === 'detection' || what === 'forwarded').length;
  return { folder, lake, detections, sources: { raw, earlier, locations: GOLDEN_PLACES, lakeFiles } };
}

async function withDuck<T>(folder: string, work: (duck: Duck) => Promise<T>): Promise<T> {
  const duck = await openDuck({ memoryMb: 256, threads: 1, spillFolder: join(folder, 'spill') });
  try {
    return await work(duck);
  } finally {
    duck.close();
  }
}

async function archived(duck: Duck, records: readonly Seen[], next: number[], folder: string): Promise<RawFile[]> {
  await mkdir(folder, { recursive: true });
  const files: RawFile[] = [];
  for (const partition of next.keys()) {
    const writer = await rawWriter(duck, partition, rawLimitsFor(256));
    for (const record of [...records].sort((a, b) => a.hours - b.hours)) {
      const home = homeOf(oid(record.id), next.length);
      const arrival = instant(BEGIN + Math.floor(record.hours * HOUR_MS));
      if ((record.what === 'stray' ? (home + 1) % next.length : home) !== partition) continue;
      const log = {
        partition,
        offset: next[partition]!++,
        stamp: arrival,
        key: null,
        value: Buffer.from('{}'),
        headers: headersOf(record),
      };
      writer.append(log, arrival, verdictOf(record, arrival, home));
    }
    const place = { localFile: join(folder, `part-${partition}.parquet`), metadata: "{version: '1'}" };
    if (writer.rows > 0) files.push(await writer.finish(() => place));
  }
  return files;
}

function headersOf({ what, id }: Seen): LogRecord['headers'] {
  const from = [STRAY_HEADER, Buffer.from('1/7')] as const;
  if (what === 'forwarded') return [['trace', null], from];
  return id % 3n === 0n ? [['trace', Buffer.from('x')]] : [];
}

function verdictOf(
  record: Seen,
  arrival: number,
  home: number,
): Parameters<Awaited<ReturnType<typeof rawWriter>>['append']>[2] {
  const detection: Detection = {
    id: oid(record.id),
    location: oid(Number(BigInt.asUintN(8, record.id)) % 4),
    camera: oid(7),
    item: record.item,
    detectedAt: instant(arrival - record.behindHours * HOUR_MS),
  };
  if (record.what === 'stray') return { kind: 'stray', detection, home };
  if (record.what === 'dead_letter')
    return { kind: 'dead_letter', deadLetter: { reason: 'not_json', detail: 'golden' } };
  return { kind: 'detection', detection };
}

async function saved(duck: Duck, select: string, path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await duck.run(`COPY (${select}) TO ${quoted(path)} (FORMAT parquet)`);
  return path;
}
