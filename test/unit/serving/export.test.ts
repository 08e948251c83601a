/**
 * Exports as callers meet them: the rows of the list, safe in a spreadsheet, right types in Parquet, nothing left
 * behind.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import type { Epoch } from '../../../core/domain/epoch.ts';
import { oid } from '../../../core/domain/oid.ts';
import { NO_TALLIES } from '../../../core/domain/tallies.ts';
import { DAY_MS, HOUR_MS, instant } from '../../../core/domain/time.ts';
import { Retryable } from '../../../core/process/errors.ts';
import { openDuck, quoted } from '../../../core/stores/lake/duckdb.ts';
import * as answers from '../../../serving/answers.ts';
import { csvText } from '../../../core/domain/csv-text.ts';
import type { LakeQuestion } from '../../../serving/export/lake-rows.ts';
import { exportRows } from '../../../serving/export/rows.ts';
import type { ExportRow } from '../../../serving/export/row.ts';
import { getExport } from '../../../serving/http/export.ts';
import type { QuestionContext } from '../../../serving/counts/question-context.ts';
import type { Snapshot } from '../../../serving/snapshot/snapshot.ts';
import type { Stage } from './serving-double.ts';
import { stageOf } from './serving-double.ts';
import type { Sighting } from './world.ts';
import { epochOfSighting, NOW, PLACES, RULES, sightings, worldOf } from './world.ts';

const seen = (id: bigint | number, location: string, item: string, agoMs = 60_000): Sighting => ({
  id: oid(id),
  location: oid(location),
  item,
  detectedAt: NOW - agoMs,
  arrival: NOW - agoMs + 500,
});
const ask = (stage: Stage, query: string, signal?: AbortSignal): Promise<Response> =>
  getExport(new Request(`http://127.0.0.1:3000/api/v1/export${query}`, signal ? { signal } : {}), {}, stage.serving);

async function running(stage: Stage): Promise<number> {
  return (await stage.serving.metrics.registry.getSingleMetric('sightline_exports')!.get()).values[0]?.value ?? 0;
}

test('a text that begins like a formula gets an apostrophe; quotes, commas and line breaks are quoted', () => {
  const cases: [string, string][] = [
    ['=1+1', "'=1+1"],
    ['\n=1+1', '"\'\n=1+1"'],
    ['＝1+1', "'＝1+1"],
    ['＠SUM(1)', "'＠SUM(1)"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\tx', "'\tx"],
    ['\rx', '"\'\rx"'],
    ['=HYPERLINK("x","y")', '"\'=HYPERLINK(""x"",""y"")"'],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['bicycle', 'bicycle'],
    ['a=b', 'a=b'],
  ];
  for (const [text, field] of cases) assert.equal(csvText(text), field);
});

test('any text comes back from CSV as it was, but for the apostrophe of a formula', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.string({ unit: 'binary', minLength: 1 }).filter((text) => Buffer.from(text).toString() === text),
        { minLength: 2, maxLength: 5 },
      ),
      (texts) => {
        const [row] = parse(texts.map(csvText).join(','), { relax_column_count: true }) as string[][];
        assert.deepEqual(
          row?.map((field, index) =>
            /^'[=+\-@\t\r\n＝＋－＠]/.test(field) && !texts[index]!.startsWith("'") ? field.slice(1) : field,
          ),
          texts,
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('CSV has a header, the columns of the lake, and the name of the window', async () => {
  const stage = stageOf([seen(-7n, '-42', '=cmd'), seen(9_007_199_254_740_993n, '42', 'car')]);
  stage.names = new Map([['42', 'Hall, B']]);
  const response = await ask(stage, '?format=csv&from=2026-11-23T14:00&to=2026-11-23T15:00');
  assert.deepEqual(
    [response.status, response.headers.get('content-type')],
    [200, 'text/csv; charset=utf-8; header=present'],
  );
  assert.equal(
    response.headers.get('content-disposition'),
    'attachment; filename="sightline-detections_all-places_20261123T140000Z_20261123T150000Z.csv"',
  );
  const rows = parse(await response.text(), { columns: true }) as Record<string, string>[];
  assert.deepEqual(
    rows.find((row) => row.detection_oid === '9007199254740993'),
    {
      geographical_location_oid: '42',
      video_camera_oid: '3021',
      detection_oid: '9007199254740993',
      item_name: 'car',
      timestamp_detected: String(NOW - 60_000),
      geographical_location: 'Hall, B',
      detected_at: new Date(NOW - 60_000).toISOString(),
      arrived_at: new Date(NOW - 59_500).toISOString(),
      kafka_partition: rows[0]!.kafka_partition!,
      kafka_offset: '7',
    },
  );
  assert.deepEqual(rows.find((row) => row.detection_oid === '-7')?.item_name, "'=cmd");
  assert.equal(await running(stage), 0);
});

test('Parquet has the types of the lake, whole 64-bit ids, and null where something is not known', async () => {
  const stage = stageOf([seen(9_223_372_036_854_775_807n, '-9223372036854775808', 'car'), seen(2, '42', 'ü\u{1F6B2}')]);
  stage.all = stage.all.slice(0, 1);
  const response = await ask(stage, '');
  assert.match(response.headers.get('content-disposition')!, /\.parquet"$/);
  const folder = mkdtempSync(join(tmpdir(), 'sightline-test-'));
  const duck = await openDuck({ memoryMb: 256, threads: 1, spillFolder: folder });
  try {
    const file = join(folder, 'x.parquet');
    writeFileSync(file, Buffer.from(await response.arrayBuffer()));
    const types = await duck.rows(
      `SELECT name, type, converted_type FROM parquet_schema(${quoted(file)}) WHERE name <> 'root'`,
    );
    assert.deepEqual(
      types.map(({ name, type, converted_type: converted }) => [name, type, converted]),
      [
        ['geographical_location_oid', 'INT64', null],
        ['video_camera_oid', 'INT64', null],
        ['detection_oid', 'INT64', null],
        ['item_name', 'BYTE_ARRAY', 'UTF8'],
        ['timestamp_detected', 'INT64', null],
        ['geographical_location', 'BYTE_ARRAY', 'UTF8'],
        ['detected_at', 'INT64', 'TIMESTAMP_MICROS'],
        ['arrived_at', 'INT64', 'TIMESTAMP_MICROS'],
        ['kafka_partition', 'INT32', null],
        ['kafka_offset', 'INT64', null],
      ],
    );
    const rows = await duck.rows(
      `SELECT detection_oid, geographical_location_oid, item_name, epoch_ms(detected_at) AS t FROM read_parquet(${quoted(file)}) ORDER BY 1`,
    );
    assert.deepEqual(
      rows.map((row) => Object.values(row)),
      [
        [2n, 42n, null, BigInt(NOW - 60_000)],
        [9_223_372_036_854_775_807n, -9_223_372_036_854_775_808n, 'car', BigInt(NOW - 60_000)],
      ],
    );
  } finally {
    duck.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('an export that cannot begin is a 503, one too many too, and a client that leaves makes room', async () => {
  const stage = stageOf(Array.from({ length: 5_000 }, (_, n) => seen(n, '42', 'car')));
  stage.faults = { views: new Retryable('HBase', 'away') };
  assert.equal((await ask(stage, '')).status, 503);
  stage.faults = {};
  const gone = new AbortController();
  const first = await ask(stage, '?format=csv', gone.signal);
  const second = await ask(stage, '?format=csv');
  assert.deepEqual([first.status, second.status, await running(stage)], [200, 200, 2]);
  const refused = await ask(stage, '?format=csv');
  assert.deepEqual([refused.status, refused.headers.has('retry-after')], [503, true]);
  gone.abort();
  await second.body!.cancel();
  for (let turn = 0; turn < 1_000 && (await running(stage)) > 0; turn++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(await running(stage), 0);
  const third = await ask(stage, '?format=csv');
  assert.equal((await third.text()).trim().split('\r\n').length, 5_001);
});

test('a bad parameter of an export is a 400 that names it', async () => {
  const stage = stageOf();
  for (const [query, field] of [
    ['?format=xlsx', 'format'],
    ['?from=2026-01-01&to=2026-03-01', 'from'],
    ['?location=x', 'location'],
    ['?from=2&to=1', 'to'],
  ] as const) {
    const response = await ask(stage, query);
    assert.deepEqual([response.status, answers.Problem.parse(await response.json()).field], [400, field]);
  }
});

const rowOf = (one: Sighting): string => `${one.id}/${one.location}/${one.item}/${one.detectedAt}`;
const keyOf = (row: ExportRow): string =>
  `${row.detection_oid}/${row.geographical_location_oid}/${row.item_name}/${row.timestamp_detected}`;

test('an export has each row of its window once, wherever the horizon stands and whenever it moves and prunes', async () => {
  const horizons = fc.option(fc.integer({ min: RULES.firstEpoch, max: Math.floor(NOW / 21_600_000) }));
  await fc.assert(
    fc.asyncProperty(
      sightings,
      fc.constantFrom('all' as const, ...PLACES),
      horizons,
      horizons,
      fc.nat(12),
      fc.nat(80),
      async (all, location, before, after, movesAt, agoHours) => {
        const window = { from: NOW - agoHours * HOUR_MS, to: NOW - agoHours * HOUR_MS + 30 * HOUR_MS };
        let steps = 0;
        let now = NOW;
        let horizon = before as Epoch | null;
        let world = worldOf(all, { horizon, prunedTo: -1 });
        // After some steps the horizon moves on, and later, when the grace has passed, the published epochs are pruned.
        const step = (): void => {
          steps += 1;
          now += 3_000;
          const later = after as Epoch | null;
          if (steps >= movesAt && later !== null && later > (horizon ?? -1)) horizon = later;
          world = worldOf(all, { horizon, prunedTo: steps > movesAt + 4 ? (horizon ?? -1) : -1 });
        };
        const snapshot = (): Snapshot =>
          ({
            readAt: now,
            rules: RULES,
            horizon:
              horizon === null
                ? null
                : { epoch: horizon, cuts: [], arrivals: [], publishedAt: instant(0), graceMs: 20_000 },
            progress: [{ partition: 0, nextOffset: 0, arrival: instant(NOW), tallies: NO_TALLIES }],
          }) as unknown as Snapshot;
        const asking = {
          now: () => now,
          places: async () => ({ version: 1, nameOf: new Map() }),
          snapshots: { current: async () => snapshot() },
          speedView: {
            read: async (...asked: Parameters<QuestionContext['speedView']['read']>) => (
              step(),
              world.speedView.read(...asked)
            ),
            list: async (...asked: Parameters<QuestionContext['speedView']['list']>) => (
              step(),
              world.speedView.list(...asked)
            ),
          },
          detections: {
            find: async (ids: readonly string[]) =>
              ids.map((id) => {
                const one = all.find((sighting) => sighting.id === id)!;
                return {
                  status: 'found',
                  row: {
                    logLife: 1,
                    partition: 0,
                    offset: 1,
                    arrival: instant(one.arrival),
                    detection: { ...one, camera: oid(1), detectedAt: instant(one.detectedAt) },
                  },
                };
              }),
          },
        } as unknown as QuestionContext;
        async function* fromLake({
          epochs,
          window: asked,
          location: where,
        }: LakeQuestion): AsyncGenerator<ExportRow[]> {
          const rows = all.filter(
            (one) =>
              epochs.from <= epochOfSighting(one) &&
              epochOfSighting(one) <= epochs.to &&
              epochOfSighting(one) <= (horizon ?? -1) &&
              one.detectedAt >= asked.from &&
              one.detectedAt < asked.to &&
              (where === 'all' || where === one.location),
          );
          yield rows.map(
            (one) =>
              ({
                detection_oid: one.id,
                geographical_location_oid: one.location,
                item_name: one.item,
                timestamp_detected: one.detectedAt,
              }) as unknown as ExportRow,
          );
        }
        const got: string[] = [];
        for await (const rows of exportRows({ ...window, location }, asking, fromLake)) got.push(...rows.map(keyOf));
        const expected = all.filter(
          (one) =>
            one.detectedAt >= window.from &&
            one.detectedAt < window.to &&
            (location === 'all' || one.location === location),
        );
        assert.deepEqual(got.sort(), expected.map(rowOf).sort());
      },
    ),
    { numRuns: 500 },
  );
});

test('the longest window of an export is 31 days', async () => {
  const response = await ask(stageOf(), `?from=${NOW - 31 * DAY_MS}&to=${NOW}`);
  assert.equal(response.status, 200);
  await response.body!.cancel();
});

test('a client that stays and takes nothing is cut after a minute, and makes room', async (t) => {
  const stage = stageOf([seen(1, '42', 'car')]);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const response = await ask(stage, '?format=csv');
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await running(stage), 1);
  t.mock.timers.tick(59_000);
  assert.equal(await running(stage), 1);
  t.mock.timers.tick(2_000);
  await assert.rejects(response.text(), /the client reads nothing/);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await running(stage), 0);
});
