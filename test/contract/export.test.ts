/**
 * Exports from the real stores and the real app: exactly the rows that a list pages through, read by DuckDB and pandas.
 * Beside them, since an app with all kinds of data is up: schemathesis asks every path by the OpenAPI document.
 *
 * Method: a counted world whose older epochs are published (batch view, files of the lake) and pruned from the speed
 * view. Random windows and places are exported and paged through. A large file of one more epoch stands for a long
 * download, which is left half-way; the process's own metric and its temporary folders say what it kept.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'csv-parse/sync';
import { epochAt } from '../../core/domain/epoch.ts';
import { HOUR_MS } from '../../core/domain/time.ts';
import { openDuck, quoted } from '../../core/stores/lake/duckdb.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { ensureVenv } from '../../hadoop-compose/cameras/venv.ts';
import type { DetectionsAnswer, ListedRow } from '../../serving/answers.ts';
import type { AppProcess } from '../support/app-process.ts';
import { startApp } from '../support/app-process.ts';
import { writeLake } from '../support/counted-lake.ts';
import type { CountedStack } from '../support/counted-stack.ts';
import { countedStack } from '../support/counted-stack.ts';
import type { Fact } from '../support/counted-world.ts';
import { COUNTED_RULES, PLACES, randomOf } from '../support/counted-world.ts';
import { TYPES_IN_ARROW } from '../support/lake-types.ts';
import { eventually } from '../support/main-job.ts';
import { openApiFindings } from '../support/schemathesis/openapi-findings.ts';
import { pythonAnswer } from '../support/python-answer.ts';

const seed = Number(process.env.SIGHTLINE_SEED ?? randomBytes(4).readUInt32BE());
const random = randomOf(seed + 3);
const now = Date.now();
const folder = mkdtempSync(join(tmpdir(), 'sightline-test-'));
const temporary = join(folder, 'tmp');
let stack: CountedStack;
let app: AppProcess;

before(async () => {
  process.stdout.write(`SIGHTLINE_SEED=${seed}\n`);
  stack = await countedStack({ seed, now, facts: 800 });
  await stack.countAll();
  await stack.publish(epochAt(now, COUNTED_RULES) - 3);
  const horizon = (await stack.stores.control.horizon(1))!;
  await stack.stores.speedView.prune(horizon.epoch, horizon.cuts);
  await stack.publish(epochAt(now, COUNTED_RULES) - 2);
  await promisify(execFile)('mkdir', ['-p', temporary]);
  app = await startApp({ ...stack.environment, TMPDIR: temporary });
});

after(async () => {
  await app?.stop();
  await stack?.remove();
  rmSync(folder, { recursive: true, force: true });
});

interface Drawn {
  readonly location: string;
  readonly from: number;
  readonly to: number;
  readonly query: string;
}

function draw(): Drawn {
  const location = random() < 0.5 ? 'all' : PLACES[Math.floor(random() * PLACES.length)]!;
  const from = Math.floor(now - random() * 60 * HOUR_MS);
  const to = from + 1 + Math.floor(random() * (random() < 0.5 ? 2 : 20) * HOUR_MS);
  return { location, from, to, query: `location=${location}&from=${from}&to=${to}` };
}

/** What a list would page through, told from the world; paging itself is held against the same in serving.test.ts. */
function counted({ location, from, to }: Omit<Drawn, 'query'>): string[] {
  const inside = stack.world.facts.filter(
    ({ detection: { detectedAt, location: place } }) =>
      detectedAt >= from && detectedAt < to && (location === 'all' || location === place),
  );
  return inside
    .map(({ detection: { location: place, camera, id, item, detectedAt }, arrival, partition, offset }) =>
      [place, camera, id, item, detectedAt, arrival, partition, offset].join('|'),
    )
    .sort();
}

async function paged(query: string): Promise<ListedRow[]> {
  const rows: ListedRow[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const response = await fetch(
      `${app.address}/api/v1/detections?${query}&limit=500${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    assert.equal(response.status, 200, query);
    const page = (await response.json()) as DetectionsAnswer;
    rows.push(...page.detections);
    cursor = page.next_cursor;
  }
  return rows;
}

async function exported(query: string): Promise<Buffer> {
  const response = await fetch(`${app.address}/api/v1/export?${query}`);
  assert.deepEqual([response.status, response.headers.get('content-encoding')], [200, null], query);
  return Buffer.from(await response.arrayBuffer());
}

const comparable = (row: ListedRow): string =>
  [
    row.geographical_location_oid,
    row.video_camera_oid,
    row.detection_oid,
    row.item_name,
    row.timestamp_detected,
    row.arrived_at,
    row.kafka_partition,
    row.kafka_offset,
  ].join('|');

test(
  'CSV and Parquet have exactly the rows that the list pages through, before, across and after the horizon',
  { timeout: 600_000 },
  async () => {
    const duck = await openDuck({ memoryMb: 256, threads: 1, spillFolder: folder });
    for (let round = 0; round < 5; round++) {
      const drawn = draw();
      const { query } = drawn;
      const expected = counted(drawn);
      if (round < 2)
        assert.deepEqual(
          (await paged(`${query}&location=${PLACES[1]}`.replace(/location=[^&]*&/, ''))).map(comparable).sort(),
          counted({ ...drawn, location: PLACES[1]! }),
        );
      const csv = parse(await exported(`${query}&format=csv`), { columns: true }) as Record<string, string>[];
      const ofCsv = csv.map((row) =>
        [
          row.geographical_location_oid,
          row.video_camera_oid,
          row.detection_oid,
          row.item_name,
          row.timestamp_detected,
          Date.parse(row.arrived_at!),
          row.kafka_partition,
          row.kafka_offset,
        ].join('|'),
      );
      assert.deepEqual(ofCsv.sort(), expected);
      const file = join(folder, `export-${round}.parquet`);
      writeFileSync(file, await exported(`${query}&format=parquet`));
      const ofParquet = await duck.rows(
        `SELECT geographical_location_oid, video_camera_oid, detection_oid, item_name, timestamp_detected, epoch_ms(arrived_at), kafka_partition, kafka_offset FROM read_parquet(${quoted(file)})`,
      );
      assert.deepEqual(ofParquet.map((row) => Object.values(row).join('|')).sort(), expected);
    }
    duck.close();
  },
);

test('pandas reads a downloaded Parquet file with the types of the contract', { timeout: 600_000 }, async () => {
  const python = await ensureVenv({ analysis: true });
  const file = join(folder, 'pandas.parquet');
  const query = `from=${now - 60 * HOUR_MS}&to=${now + 24 * HOUR_MS}`;
  writeFileSync(file, await exported(query));
  const reader = `
import json, sys
import pandas as pd, pyarrow.parquet as pq
frame = pd.read_parquet(sys.argv[1])
print(json.dumps({"rows": len(frame), "ids": len(set(frame["detection_oid"])), "types": {f.name: str(f.type) for f in pq.read_schema(sys.argv[1])},
  "agree": bool((frame["detected_at"].astype("int64") // (10 ** (6 if frame["detected_at"].dt.unit == "ns" else 3)) == frame["timestamp_detected"]).all())}))`;
  type Read = { rows: number; ids: number; types: Record<string, string>; agree: boolean };
  const read = await pythonAnswer<Read>(python, reader, { args: [file] });
  assert.deepEqual(
    [read.rows, read.ids, read.agree],
    [counted({ location: 'all', from: now - 60 * HOUR_MS, to: now + 24 * HOUR_MS }).length, read.rows, true],
  );
  assert.deepEqual(read.types, TYPES_IN_ARROW);
});

test('schemathesis finds no answer that differs from the OpenAPI document', { timeout: 900_000 }, async (t) => {
  const { cases, isClean, text } = await openApiFindings(app.address);
  t.diagnostic(`${cases} cases`);
  assert.ok(isClean, text);
  assert.ok(cases > 300, `${cases} cases`);
});

test('a download that is left half-way frees the reading behind it and its files', { timeout: 300_000 }, async () => {
  const [fact] = stack.world.facts;
  // A day of its own, as large as a download that somebody gives up.
  const day = now - 20 * 24 * HOUR_MS;
  const many = Array.from({ length: 150_000 }, (_, n): Fact => ({
    ...fact!,
    detection: {
      ...fact!.detection,
      id: String(n) as Fact['detection']['id'],
      detectedAt: (day + n) as Fact['arrival'],
    },
  }));
  await writeLake(many, hdfs(stack.config));
  const gone = new AbortController();
  const response = await fetch(`${app.address}/api/v1/export?from=${day}&to=${day + HOUR_MS}&format=csv`, {
    signal: gone.signal,
  });
  const reader = response.body!.getReader();
  assert.equal((await reader.read()).done, false);
  assert.deepEqual([await metric('sightline_exports'), temporaryFolders()], [1, 1]);
  gone.abort();
  await eventually(
    'nothing runs any more',
    () => metric('sightline_exports'),
    (n) => n === 0,
    120_000,
  );
  assert.equal(temporaryFolders(), 0);
});

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${app.address}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name}{`))
      ?.split(' ')
      .at(-1),
  );
}

const temporaryFolders = (): number =>
  readdirSync(temporary).filter((name) => name.startsWith('sightline-export-')).length;
