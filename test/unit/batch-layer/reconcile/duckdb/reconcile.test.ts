/**
 * The reconciling SQL against the domain's own rule, record by record: what the speed layer would decide is what the
 * batch layer publishes, whatever copies, arrivals, epochs and buckets there are (laws L2 and L6).
 *
 * Method: random logs over several epochs with a small W; the model walks each partition by offset and asks outcomeOf;
 * the batch layer reconciles epoch after epoch through real Parquet files. A failing seed is printed by fast-check.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { Detection } from '../../../../../core/domain/detection.ts';
import type { FirstMet } from '../../../../../core/domain/first-met.ts';
import type { Rules } from '../../../../../core/domain/rules.ts';
import type { Duck } from '../../../../../core/stores/lake/duckdb.ts';
import { oid } from '../../../../../core/domain/oid.ts';
import { outcomeOf } from '../../../../../core/domain/first-met.ts';
import type { Instant } from '../../../../../core/domain/time.ts';
import { hasGrownBefore } from '../../../../../core/domain/growth.ts';
import { instant, dateOf, DAY_MS, HOUR_MS } from '../../../../../core/domain/time.ts';
import { openDuck, quoted } from '../../../../../core/stores/lake/duckdb.ts';
import { bucketsOf, reconcile } from '../../../../../batch-layer/reconcile/duckdb/reconcile.ts';
import { rawLimitsFor, rawWriter } from '../../../../../batch-layer/archive/raw-file.ts';

const RULES: Rules = {
  generation: 1,
  logLife: 1,
  epochSeconds: 86_400,
  dedupWindowDays: 1,
  clockAheadDays: 1,
  partitionCount: 2,
  firstEpoch: 0,
  firstOffsets: [0, 0],
};
const BEGIN = 20_000 * DAY_MS;
const dayOf = (day: number): Instant => instant(BEGIN + day * DAY_MS);

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-reconcile-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A record of the model: partition = parity of the id until the topic grows, arrival in hours since the beginning. */
interface Made {
  readonly id: number;
  readonly hours: number;
  readonly behindHours: number;
  readonly item: string;
}

const made: fc.Arbitrary<Made> = fc.record({
  id: fc.integer({ min: -3, max: 6 }),
  hours: fc.integer({ min: 0, max: 9 * 24 }),
  behindHours: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: -20, max: 60 })),
  item: fc.constantFrom('bicycle', 'van', 'a\0b'),
});

interface Placed extends FirstMet {
  readonly epoch: number;
}

/** From the day on which the topic grows ids lie in one of three partitions. */
function placed(all: readonly Made[], growsOnDay = Infinity): Placed[] {
  const next = [0, 0, 0];
  return [...all]
    .sort((a, b) => a.hours - b.hours)
    .map(({ id, hours, behindHours, item }) => {
      const partition = Math.abs(id) % (hours < growsOnDay * 24 ? 2 : 3);
      const arrival = instant(BEGIN + hours * HOUR_MS);
      const detection: Detection = {
        id: oid(id),
        location: oid(Math.abs(id) % 3),
        camera: oid(1),
        item,
        detectedAt: instant(arrival - behindHours * HOUR_MS),
      };
      return { logLife: 1, partition, offset: next[partition]!++, arrival, detection, epoch: Math.floor(hours / 24) };
    });
}

interface Expected {
  readonly published: string[];
  readonly met: string[];
  readonly conflicts: string[];
}

function model(records: readonly Placed[]): Map<number, Expected> {
  const rows = new Map<string, Placed>();
  const lake = new Set<string>();
  const expected = new Map<number, { published: string[]; met: string[]; conflicts: string[]; toLake: string[] }>();
  for (let e = 0; e <= 9; e++) {
    const of = { published: [] as string[], met: [] as string[], conflicts: [] as string[], toLake: [] as string[] };
    expected.set(e, of);
    for (const record of records.filter(({ epoch }) => epoch === e)) {
      const { id, detectedAt } = record.detection;
      const row = rows.get(id) ?? null;
      const outcome = outcomeOf(record, row, RULES);
      const name = `${record.partition}/${record.offset}`;
      if (outcome === 'copy') {
        if (saysOtherwise(row!, record)) of.conflicts.push(`${row!.partition}/${row!.offset} ${name}`);
        continue;
      }
      rows.set(id, record);
      of.met.push(name);
      const inLake = `${id} ${dateOf(detectedAt)}`;
      if (outcome === 'deferred' && lake.has(inLake)) continue;
      of.published.push(name);
      of.toLake.push(inLake);
    }
    for (const entry of of.toLake) lake.add(entry);
  }
  return expected;
}

function saysOtherwise(a: Placed, b: Placed): boolean {
  return a.detection.item !== b.detection.item || a.detection.detectedAt !== b.detection.detectedAt;
}

async function batch(
  records: readonly Placed[],
  run: string,
  bucketRows: number,
  growsOnDay = Infinity,
): Promise<Map<number, Expected>> {
  const outcome = new Map<number, Expected>();
  const growths = growsOnDay === Infinity ? [] : [{ from: dayOf(growsOnDay), partitions: 3 }];
  const met: string[] = [];
  const published: { date: string; localFile: string }[] = [];
  for (let e = 0; e <= 9; e++) {
    const duck = await openDuck({ memoryMb: 256, threads: 1, spillFolder: join(folder, 'spill') });
    try {
      const raw = await archived(
        duck,
        records.filter(({ epoch }) => epoch === e),
        `${run}-${e}`,
      );
      await reconcile(
        duck,
        RULES,
        {
          raw,
          earlier: met,
          hasGrown: hasGrownBefore(dayOf(e), { ...RULES, growths }),
          locations: [{ oid: oid(1), name: 'Bridge' }],
          lakeFiles: async (dates) => published.filter(({ date }) => dates.includes(date)),
        },
        { bucketRows },
      );
      outcome.set(e, {
        published: await names(duck, 'detections'),
        met: await names(duck, 'met'),
        conflicts: (await duck.rows('SELECT * FROM conflicts')).map(
          (row) => `${row.first_partition}/${row.first_offset} ${row.kafka_partition}/${row.kafka_offset}`,
        ),
      });
      met.push(await saved(duck, 'met', 'TRUE', join(folder, `${run}-${e}-met.parquet`)));
      const dates = await duck.rows(
        "SELECT DISTINCT strftime(make_timestamp(timestamp_detected * 1000), '%Y-%m-%d') AS d FROM detections",
      );
      for (const { d } of dates) {
        const where = `strftime(make_timestamp(timestamp_detected * 1000), '%Y-%m-%d') = '${d}'`;
        published.push({
          date: String(d),
          localFile: await saved(duck, 'detections', where, join(folder, `${run}-${e}-${d}.parquet`)),
        });
      }
    } finally {
      duck.close();
    }
  }
  return outcome;
}

async function archived(duck: Duck, records: readonly Placed[], name: string) {
  const files = [];
  for (const partition of [0, 1, 2]) {
    const mine = records.filter((record) => record.partition === partition);
    if (mine.length === 0) continue;
    const writer = await rawWriter(duck, partition, rawLimitsFor(256));
    for (const { offset, arrival, detection } of mine) {
      const record = { partition, offset, stamp: arrival, key: null, value: Buffer.from('{}'), headers: [] };
      writer.append(record, arrival, { kind: 'detection', detection });
    }
    files.push(
      await writer.finish(() => ({
        localFile: join(folder, `${name}-${partition}.parquet`),
        metadata: "{version: '1'}",
      })),
    );
  }
  return files;
}

async function names(duck: Duck, table: string): Promise<string[]> {
  const rows = await duck.rows(`SELECT kafka_partition, kafka_offset FROM ${table}`);
  return rows.map((row) => `${row.kafka_partition}/${row.kafka_offset}`);
}

async function saved(duck: Duck, table: string, where: string, path: string): Promise<string> {
  await duck.run(`COPY (SELECT * FROM ${table} WHERE ${where}) TO ${quoted(path)} (FORMAT parquet)`);
  return path;
}

const sorted = (outcome: Map<number, Expected>): unknown =>
  [...outcome].map(([e, { published, met, conflicts }]) => ({
    e,
    published: [...published].sort(),
    met: [...met].sort(),
    conflicts: [...conflicts].sort(),
  }));

test('SQL and the domain agree on every record, over epochs, for any bucket size, and when the topic grows', async () => {
  let run = 0;
  const property = fc.asyncProperty(
    fc.array(made, { minLength: 1, maxLength: 40 }),
    fc.constantFrom(3, 1_000),
    fc.constantFrom(3, 5, Infinity),
    async (all, bucketRows, growsOnDay) => {
      const records = placed(all, growsOnDay);
      assert.deepEqual(sorted(await batch(records, `run${run++}`, bucketRows, growsOnDay)), sorted(model(records)));
    },
  );
  await fc.assert(property, { numRuns: 12 });
});

test('a row in force for W and no longer: day 0 first met, day 2 a copy, day 4 first met again', async () => {
  const days = (n: number): Made => ({ id: 2, hours: n * 24, behindHours: 0, item: 'van' });
  const outcome = await batch(placed([days(0), days(2), days(4)]), 'days', 1_000);
  assert.deepEqual(
    [0, 2, 4].map((e) => outcome.get(e)!.published.length),
    [1, 0, 1],
  );
});

test('an id that was first met in its old home partition is a copy in the new one, for W and no longer', async () => {
  const days = (n: number): Made => ({ id: 2, hours: n * 24, behindHours: 0, item: 'van' });
  const records = placed([days(0), days(2), days(4)], 1);
  assert.deepEqual(
    records.map(({ partition }) => partition),
    [0, 2, 2],
  );
  const outcome = await batch(records, 'moved', 1_000, 1);
  assert.deepEqual(
    [0, 2, 4].map((e) => outcome.get(e)!.published.length),
    [1, 0, 1],
  );
});

test('a deferred detection that the lake has under its own date is first met, but not published again', async () => {
  const first = { id: 2, hours: 0, behindHours: 0, item: 'van' };
  const late = { id: 2, hours: 5 * 24, behindHours: 5 * 24, item: 'van' };
  const unknown = { id: 4, hours: 5 * 24, behindHours: 5 * 24, item: 'van' };
  const outcome = await batch(placed([first, late, unknown]), 'deferred', 1_000);
  assert.deepEqual(outcome.get(5), { published: ['0/2'], met: outcome.get(5)!.met, conflicts: [] });
  assert.deepEqual([...outcome.get(5)!.met].sort(), ['0/1', '0/2']);
});

test('buckets cover every partition once, and split one that is too large', () => {
  const raw = [
    { partition: 0, rows: 5 },
    { partition: 1, rows: 25 },
    { partition: 2, rows: 4 },
    { partition: 3, rows: 4 },
    { partition: 4, rows: 3 },
  ];
  assert.deepEqual(bucketsOf(raw, 10), [
    { partitions: [1], part: 0, parts: 3 },
    { partitions: [1], part: 1, parts: 3 },
    { partitions: [1], part: 2, parts: 3 },
    { partitions: [0, 2], part: 0, parts: 1 },
    { partitions: [3, 4], part: 0, parts: 1 },
  ]);
});
