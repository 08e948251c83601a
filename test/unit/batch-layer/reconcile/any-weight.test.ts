/**
 * Records much heavier than memory allows for at once go through every step of an epoch all the same
 * (docs/decisions/0008-lake.md#bytes-not-rows).
 *
 * Method: the archive's own writer, reconciling, files and the rows hash over real DuckDB with a limit that one file of
 * all these records exceeds several times; its out-of-memory error is the failure. What comes out is compared with what
 * went in.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Rules } from '../../../../core/domain/rules.ts';
import type { Duck } from '../../../../core/stores/lake/duckdb.ts';
import type { HashedFile } from '../../../../batch-layer/lake/rows-hash.ts';
import type { ArchivedFile } from '../../../../batch-layer/model.ts';
import { oid } from '../../../../core/domain/oid.ts';
import { DAY_MS, instant } from '../../../../core/domain/time.ts';
import { classify } from '../../../../core/domain/verdict.ts';
import { openDuck, parquet } from '../../../../core/stores/lake/duckdb.ts';
import { rawLimitsFor, rawWriter, recordOf } from '../../../../batch-layer/archive/raw-file.ts';
import { bucketsFor, dropRelations, reconcile } from '../../../../batch-layer/reconcile/duckdb/reconcile.ts';
import { hashLimitsFor, rowsHash } from '../../../../batch-layer/lake/rows-hash.ts';
import { sortBytesFor } from '../../../../batch-layer/lake/sizes.ts';
import { writeFiles } from '../../../../batch-layer/lake/stage.ts';
import { idOf, sizedRecord } from '../../../support/sized-records.ts';

const MEMORY_MB = 192;
const BEGAN_AT = 20_000 * DAY_MS + DAY_MS / 2;
const RULES: Rules = {
  ...{ generation: 1, logLife: 1, epochSeconds: 86_400, dedupWindowDays: 2, clockAheadDays: 1, partitionCount: 1 },
  ...{ firstEpoch: 20_000, firstOffsets: [0] },
};

let folder: string;
let duck: Duck;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-weight-'));
  duck = await openDuck({ memoryMb: MEMORY_MB, threads: 2, spillFolder: join(folder, 'spill') });
});
after(async () => {
  duck.close();
  await rm(folder, { recursive: true, force: true });
});

for (const [bytes, records] of [
  [250_000, 800],
  [20_000, 8_000],
] as const) {
  test(`${records} records of ${bytes} bytes are archived, reconciled, written and hashed in ${MEMORY_MB} MB`, async () => {
    const plan = { records, bytes, beganAt: BEGAN_AT, names: records };
    const raw = await archived(plan);
    assert.ok(raw.length > 3, `${raw.length} files`);
    const limits = bucketsFor(MEMORY_MB);
    const locations = [{ oid: oid(1), name: 'Bridge' }];
    await reconcile(duck, RULES, { raw, earlier: [], locations, lakeFiles: async () => [] }, limits);
    const archive = { partitions: [], files: [], uncutPartitions: [], heldPartitions: [] };
    const options = {
      folder: join(folder, String(bytes)),
      epoch: '2024-10-04',
      archive,
      sortRows: limits.bucketRows,
      sortBytes: sortBytesFor(MEMORY_MB),
    };
    const files: HashedFile[] = [];
    for await (const file of writeFiles(duck, options)) if (file.path.startsWith('lake/detections/')) files.push(file);
    await dropRelations(duck);
    const expected = hashOf(plan);
    assert.equal(
      files.reduce((sum, { rows }) => sum + rows, 0),
      (records * 3) / 4,
    );
    assert.equal(await rowsHash(duck, files, hashLimitsFor(MEMORY_MB)), expected, 'with the bounds of this memory');
    assert.equal(await rowsHash(duck, files, { rows: 10, bytes: 1 }), expected, 'row by row');
    await checkRaw(plan, raw);
  });
}

type Plan = Parameters<typeof sizedRecord>[1];

async function archived(plan: Plan): Promise<ArchivedFile[]> {
  const files: ArchivedFile[] = [];
  let writer = await rawWriter(duck, 0, rawLimitsFor(MEMORY_MB));
  const close = async (): Promise<void> => {
    files.push(
      await writer.finish(({ first }) => ({
        localFile: join(folder, `raw-${plan.bytes}-${first}.parquet`),
        metadata: "{epoch: 'x'}",
      })),
    );
  };
  for (let offset = 0; offset < plan.records; offset++) {
    const { key, value, headers } = sizedRecord(offset, plan);
    const pairs = headers.flatMap((header) =>
      Object.entries(header).map(([name, text]) => [name, Buffer.from(text)] as const),
    );
    const record = { partition: 0, offset, stamp: BEGAN_AT, key: Buffer.from(key), value, headers: pairs };
    writer.append(record, instant(BEGAN_AT), classify(record, instant(BEGAN_AT), RULES));
    if (!writer.isFull) continue;
    await close();
    writer = await rawWriter(duck, 0, rawLimitsFor(MEMORY_MB));
  }
  if (writer.rows > 0) await close();
  return files;
}

async function checkRaw(plan: Plan, raw: readonly ArchivedFile[]): Promise<void> {
  let next = 0;
  for (const { localFile } of raw) {
    for await (const rows of duck.batches(
      `SELECT kafka_partition, kafka_offset, stamp, key, value, headers FROM ${parquet([localFile])}`,
    )) {
      for (const { offset, value } of rows.map(recordOf)) {
        assert.equal(offset, next++);
        assert.ok(sizedRecord(offset, plan).value.equals(value!));
      }
    }
  }
  assert.equal(next, plan.records);
}

/** As docs/data.md tells to compute it. */
function hashOf(plan: Plan): string {
  const groups = new Map<string, { minute: number; place: number; rows: { t: number; id: string; text: string }[] }>();
  for (let n = 0; n < plan.records; n++) {
    const { detection } = sizedRecord(n, plan);
    if (!detection) continue;
    const { place, item, detectedAt: t } = detection;
    const minute = Math.floor(t / 60_000);
    const group = groups.get(`${minute} ${place}`) ?? { minute, place, rows: [] };
    groups.set(`${minute} ${place}`, group);
    const fields = [
      place,
      n % 1_000,
      idOf(n),
      t,
      BEGAN_AT,
      0,
      n,
      [...item].length,
      item,
      ...(place === 1 ? ['Bridge'] : []),
    ];
    group.rows.push({ t, id: idOf(n), text: fields.join('|') });
  }
  const hash = createHash('sha256');
  for (const { minute, place, rows } of [...groups.values()].sort((a, b) => a.minute - b.minute || a.place - b.place)) {
    rows.sort((a, b) => a.t - b.t || (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
    hash.update(
      `${minute} ${place} ${createHash('sha256')
        .update(rows.map(({ text }) => text).join('\n'))
        .digest('hex')}\n`,
    );
  }
  return hash.digest('hex');
}
