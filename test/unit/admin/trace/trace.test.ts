/** The pure parts of a trace: which records are about an id, what must be there, where a row lies in a file. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Counting, Trace, TracedCell, TracedFile } from '../../../../admin/trace/model.ts';
import type { LogRecord } from '../../../../core/domain/detection.ts';
import type { FirstMet } from '../../../../core/domain/first-met.ts';
import type { Rules } from '../../../../core/domain/rules.ts';
import type { LogReader } from '../../../../core/stores/kafka/types.ts';
import { exitCodeOf } from '../../../../admin/trace/command.ts';
import { candidates, groupOf } from '../../../../admin/trace/find-files.ts';
import { findRecords, homesOf, originsOf } from '../../../../admin/trace/find-records.ts';
import { recordJudge } from '../../../../admin/trace/judge-records.ts';
import { missingIn } from '../../../../admin/trace/missing.ts';
import { countingOf } from '../../../../admin/trace/trace.ts';
import { homeOf } from '../../../../core/domain/home.ts';
import { oid } from '../../../../core/domain/oid.ts';
import { instant } from '../../../../core/domain/time.ts';

const NOW = Date.UTC(2026, 10, 22, 14, 3);
const RULES: Rules = {
  generation: 1,
  logLife: 1,
  epochSeconds: 3_600,
  dedupWindowDays: 2,
  clockAheadDays: 1,
  partitionCount: 4,
  firstEpoch: 0,
  firstOffsets: [0, 0, 0, 0],
};
const ID = oid('9007199254740993');
const HOME = homeOf(ID, 4);

const value = (id: string, detectedAt = NOW): Buffer =>
  Buffer.from(
    `{"geographical_location_oid":17,"video_camera_oid":3021,"detection_oid":${id},"item_name":"bicycle","timestamp_detected":${detectedAt}}`,
  );
const record = (offset: number, bytes: Buffer | null, more: Partial<LogRecord> = {}): LogRecord => ({
  partition: HOME,
  offset,
  stamp: NOW + offset * 1_000,
  key: null,
  value: bytes,
  headers: [],
  ...more,
});
const DETECTION = { id: ID, location: oid(17), camera: oid(3021), item: 'bicycle', detectedAt: instant(NOW) };
const ROW: FirstMet = { logLife: 1, partition: HOME, offset: 1, arrival: instant(NOW + 1_000), detection: DETECTION };
const judged = (records: LogRecord[], row: FirstMet | null = ROW) =>
  recordJudge({ id: ID, rules: RULES, row, corrections: [] }).take(records);

describe('the records of an id', () => {
  it('are its first, its copies, its strays and what cannot be parsed but names it', () => {
    const elsewhere = (HOME + 1) % 4;
    const found = judged([
      record(0, value('9007199254740992')),
      record(1, value(ID)),
      record(2, value(ID)),
      record(3, Buffer.from(`{"detection_oid": "${ID}" , broken`)),
      record(4, null, { key: Buffer.from(ID) }),
      record(5, value(`${ID}7`)),
      record(6, value(ID), { partition: elsewhere }),
      record(7, value(ID, NOW + 3 * 86_400_000)),
    ]);
    assert.deepEqual(
      found.map(({ kafka_offset, verdict, reason, home }) => [kafka_offset, verdict, reason ?? home]),
      [
        [1, 'new', undefined],
        [2, 'copy', undefined],
        [3, 'dead_letter', 'not_json'],
        [4, 'dead_letter', 'tombstone'],
        [6, 'stray', HOME],
        [7, 'dead_letter', 'ahead_of_arrival'],
      ],
    );
  });

  it('arrive no earlier than what stands before them', () => {
    const [found] = judged([record(0, value('1'), { stamp: NOW + 90_000 }), record(1, value(ID))]);
    assert.deepEqual([found!.stamp, found!.arrived_at], [NOW + 1_000, NOW + 90_000]);
  });

  it('are looked for in every partition that was their home, and where they were sent home from', () => {
    const grown = { ...RULES, growths: [{ from: instant(NOW), partitions: 9 }] };
    assert.deepEqual(homesOf(ID, grown), [...new Set([homeOf(ID, 4), homeOf(ID, 9)])].sort());
    const [home] = judged([record(9, value(ID), { headers: [['sightline.stray', Buffer.from('2/41')]] })]);
    assert.deepEqual(originsOf([home!]), [[2, 41]]);
  });

  it('are read no further than the window and the bound on records', async () => {
    const all = Array.from({ length: 10 }, (_, at) => record(at, value(at === 8 ? ID : String(at))));
    const reader: LogReader = {
      async *read(_, from) {
        for (let at = from; at < 10; at += 3) {
          const records = all.slice(at, at + 3);
          yield { records, next: Math.min(10, at + 3), atEnd: at + 3 >= 10 };
        }
      },
      close: async () => undefined,
    };
    const search = {
      id: ID,
      rules: RULES,
      row: null,
      inAllPartitions: false,
      mostRecords: 100,
      corrections: () => [],
      moments: [{ partition: HOME, low: 0, high: 10, offset: 2 }],
      tell: () => undefined,
    };
    const range = async (mostRecords: number, to: number) => {
      const { records, ranges } = await findRecords(reader, { ...search, mostRecords, window: { from: NOW, to } });
      return [records.length, ranges[0]!.from_offset, ranges[0]!.to_offset, ranges[0]!.is_whole];
    };
    assert.deepEqual(await range(100, NOW + 60_000), [1, 2, 10, true]);
    assert.deepEqual(await range(100, NOW + 5_000), [0, 2, 5, true]);
    assert.deepEqual(await range(4, NOW + 60_000), [0, 2, 6, false]);
    assert.deepEqual(await range(7, NOW + 60_000), [1, 2, 9, false]);
  });
});

const cells = (view: 'speed' | 'batch'): TracedCell[] =>
  (['place_item', 'item', 'place', 'total', 'listed'] as const).map((cell) => ({
    view,
    cell,
    hour: '2026-11-22T14:00:00.000Z',
    minute: 3,
    count: 1,
    up_to: 1,
  }));
const file = (table: TracedFile['table'], state: TracedFile['state']): TracedFile => ({
  table,
  path: `lake/${table}/x.parquet`,
  bytes: 1,
  written_at: NOW,
  row_group: 0,
  row: 0,
  state,
});
const counting = (more: Partial<Counting>): Counting => ({
  kafka_partition: HOME,
  kafka_offset: 1,
  arrived_at: NOW + 1_000,
  is_deferred: false,
  epoch: '2026-11-22T1400',
  epoch_ends_at: NOW + 3_600_000,
  stage: 'published',
  published_at: NOW,
  cells: cells('batch'),
  files: [file('raw', 'holds_it'), file('detections', 'holds_it')],
  ...more,
});
const ROW_FOUND = {
  kafka_partition: HOME,
  kafka_offset: 1,
  arrived_at: NOW + 1_000,
  log_life: 1,
  payload: { geographical_location_oid: '17', video_camera_oid: '3021', item_name: 'bicycle', timestamp_detected: NOW },
};
const RECORD = judged([record(1, value(ID))])[0]!;
const missing = (one: Counting, first_met: Trace['first_met'] = ROW_FOUND) =>
  missingIn({ first_met, records: [RECORD], dead_letters: [], countings: [one] }).missing;

describe('what is missing', () => {
  it('is nothing where everything is there', () => {
    assert.deepEqual(missing(counting({})), []);
    assert.deepEqual(missing(counting({ stage: 'counted', cells: cells('speed'), files: [] })), []);
  });

  it('is a row, a cell, a file: each by its name', () => {
    assert.match(missing(counting({}), null).join(), /detections has no row/);
    assert.match(
      missing(counting({ cells: cells('speed') })).join(),
      /batch view .* place_item, item, place, total, listed/,
    );
    const lacking = cells('speed').filter(({ cell }) => cell !== 'item');
    assert.match(missing(counting({ stage: 'counted', cells: lacking })).join(), /speed view .* no cell of item in/);
    assert.match(missing(counting({ files: [file('raw', 'holds_it')] })).join(), /lake\/detections .* holds/);
    assert.match(
      missing(counting({ files: [file('raw', 'not_there'), file('detections', 'holds_it')] })).join(),
      /names lake\/raw\/x\.parquet, which is not in HDFS/,
    );
  });

  it('is nothing yet where the speed layer has not come to the record', () => {
    const found = {
      first_met: null,
      records: [RECORD],
      dead_letters: [],
      countings: [counting({ stage: 'unread', cells: [], files: [] })],
    };
    const { missing: lacking, pending } = missingIn(found);
    assert.deepEqual([lacking, pending.length], [[], 1]);
  });

  it('is no cell of a deferred detection, about which the batch layer decides', () => {
    assert.deepEqual(missing(counting({ is_deferred: true, cells: [], files: [file('raw', 'holds_it')] })), []);
  });

  it('decides the exit code', () => {
    const trace = { missing: [], first_met: null, records: [], countings: [] } as unknown as Trace;
    assert.equal(exitCodeOf(trace), 3);
    assert.equal(exitCodeOf({ ...trace, records: [RECORD] }), 0);
    assert.equal(exitCodeOf({ ...trace, missing: ['a row'] }), 4);
  });
});

describe('what a trace follows', () => {
  it('is the record of the row and every other that was first met when it came, once each', () => {
    const records = judged([record(1, value(ID)), record(2, value(ID))]);
    assert.deepEqual(
      countingOf(ROW, records, ID).map(({ offset }) => offset),
      [1],
    );
    assert.deepEqual(
      countingOf(null, judged([record(1, value(ID))], null), ID).map(({ offset }) => offset),
      [1],
    );
    assert.deepEqual(countingOf(null, [], ID), []);
  });

  it('is looked for in the files whose names can hold it', () => {
    const met = { partition: HOME, offset: 117, detection: DETECTION };
    const paths = [
      `lake/raw/epoch=2026-11-22T1400/part-${HOME}-0-116.parquet`,
      `lake/raw/epoch=2026-11-22T1400/part-${HOME}-117-200.parquet`,
      `lake/raw/epoch=2026-11-22T1400/part-l2-${HOME}-117-117.parquet`,
      `lake/raw/epoch=2026-11-22T1400/part-${HOME + 1}-0-200.parquet`,
      'lake/detections/dt=2026-11-22/hour=14/2026-11-22T1400-0.parquet',
      'lake/detections/dt=2026-11-22/hour=14/2026-11-22T1300-0.parquet',
      'lake/detections/dt=2026-11-22/hour=13/2026-11-22T1400-0.parquet',
    ];
    assert.deepEqual(
      candidates(paths, met, '2026-11-22T1400').map(({ path }) => path),
      [paths[1], paths[2], paths[4]],
    );
  });

  it('lies in the row group that its number falls into', () => {
    assert.deepEqual(
      [0, 9, 10, 24, 25].map((row) => groupOf(row, [10, 15])),
      [0, 0, 1, 1, -1],
    );
  });
});
