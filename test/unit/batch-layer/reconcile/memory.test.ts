/**
 * Memory stays under the limit that is set, however large the epoch: buckets bound what is decided at once, the rest
 * spills.
 *
 * A process of its own reconciles an epoch whose relations are much larger than the limit and writes its files. Its
 * greatest resident memory may be the limit and what Node and DuckDB's writer take beside it; what it publishes must be
 * complete.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ReconciledLarge } from '../../../support/reconcile-child.ts';
import { bucketRowsFor } from '../../../../batch-layer/reconcile/duckdb/reconcile.ts';

const CHILD = fileURLToPath(new URL('../../../support/reconcile-child.ts', import.meta.url));
const RECORDS = 1_200_000;
const LIMIT_MB = 96;
/** Code, heap and what the C library holds back; the same whatever the epoch's size. */
const BESIDE_MB = 150;

let folder: string;
let told: ReconciledLarge;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-memory-'));
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import',
    'tsx',
    CHILD,
    folder,
    String(RECORDS),
    String(LIMIT_MB),
  ]);
  told = JSON.parse(stdout) as ReconciledLarge;
});
after(() => rm(folder, { recursive: true, force: true }));

test('memory stays below the limit with an epoch that is much larger', () => {
  assert.ok(told.relationsMb > 2.5 * LIMIT_MB, `${told.relationsMb} MB of relations`);
  assert.ok(
    told.greatestMb < told.beforeMb + LIMIT_MB + BESIDE_MB,
    `${told.greatestMb} MB at most, ${told.beforeMb} MB before, limit ${LIMIT_MB} MB`,
  );
});

test('the large epoch is published completely, bucket by bucket', () => {
  const copies = 12 * Math.floor(RECORDS / 12 / 11);
  assert.equal(told.records, RECORDS);
  assert.ok(told.buckets > 4, `${told.buckets} buckets`);
  assert.equal(told.published, RECORDS - copies);
  assert.equal(told.met, RECORDS - copies);
});

test('buckets grow with the limit', () => {
  assert.equal(bucketRowsFor(2_048), 4_096_000);
  assert.ok(bucketRowsFor(256) < bucketRowsFor(512));
});
