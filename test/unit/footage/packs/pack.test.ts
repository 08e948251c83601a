/**
 * Packing, on an HDFS in memory: wherever it dies, each frame can be read in one of its two forms, and the next packing
 * ends with packs alone. The Parquet files are read by DuckDB.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { oid } from '../../../../core/domain/oid.ts';
import type { Footage, FootageKind } from '../../../../core/layout/footage.ts';
import { parseSettledFile, settledFile } from '../../../../core/layout/footage.ts';
import { indexOfPack, PACKS, parsePack } from '../../../../core/layout/footage-packs.ts';
import { footageStore } from '../../../../core/stores/footage/footage-store.ts';
import { listPacks, readPackIndex } from '../../../../core/stores/footage/pack-index.ts';
import { packDue } from '../../../../footage/packs/pack.ts';
import type { PackRules } from '../../../../footage/packs/pack.ts';
import type { HdfsDouble } from '../../../support/hdfs-double.ts';
import { Crash, hdfsDouble } from '../../../support/hdfs-double.ts';

const DATE = '2026-11-29';
const DAY_MS = Date.parse(DATE);
const scratch = mkdtempSync(join(tmpdir(), 'sightline-pack-test-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const RULES: PackRules = {
  before: '2026-11-30',
  greatestFrameBytes: 10_000,
  packBytes: 32_000,
  packFrames: 100,
  scratch,
};

interface Made {
  readonly footage: Footage;
  readonly bytes: Buffer;
}

function made(
  second: number,
  bytes: Buffer,
  more: { kind?: FootageKind; camera?: number; detection?: number } = {},
): Made {
  const { kind = 'jpg', camera = 7, detection } = more;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const footage: Footage = {
    ...{ camera: oid(camera), takenAtMs: DAY_MS + second * 1_000, sha256, kind },
    detection: detection === undefined ? null : oid(detection),
  };
  return { footage, bytes };
}

/** Thirty frames of two cameras; one picture twice, for two detections; a frame of one byte; what stays a file. */
function someFrames(): Made[] {
  const frames = Array.from({ length: 30 }, (_, i) =>
    made(i * 60, randomBytes(2_000 + i), { camera: 7 + (i % 2), detection: 9_000 + i, kind: i % 5 ? 'jpg' : 'png' }),
  );
  const twice = randomBytes(3_000);
  return [...frames, made(77, twice, { detection: 1 }), made(78, twice, { detection: 2 }), made(79, Buffer.from('x'))];
}
const film = made(5, randomBytes(1_000), { kind: 'mp4' });
const large = made(6, randomBytes(10_001));

function hdfsWith(frames: readonly Made[]): HdfsDouble {
  const hdfs = hdfsDouble();
  for (const { footage, bytes } of frames) hdfs.files.set(settledFile(footage), bytes);
  return hdfs;
}

/** What a reader finds: the settled name of each frame in its packs and as a file, with its bytes. */
async function readable(hdfs: HdfsDouble): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const [path, bytes] of hdfs.files) if (parseSettledFile(path)) found.set(path, bytes.toString('hex'));
  for (const camera of ['7', '8'])
    for (const pack of (await listPacks(hdfs, camera, DATE)).whole)
      for (const frame of await readPackIndex(hdfs, pack)) {
        const bytes = hdfs.files.get(pack.path)!.subarray(frame.offset, frame.offset + frame.bytes);
        found.set(settledFile(frame), bytes.toString('hex'));
      }
  return found;
}

const truthOf = (frames: readonly Made[]): Map<string, string> =>
  new Map(frames.map(({ footage, bytes }) => [settledFile(footage), bytes.toString('hex')]));

const packsOf = (hdfs: HdfsDouble): string[] => [...hdfs.files.keys()].filter((path) => parsePack(path) !== null);

describe('packing footage', () => {
  it('puts the small frames of past days into packs, each byte at the place that the index tells', async () => {
    const frames = someFrames();
    const hdfs = hdfsWith([...frames, film, large]);
    const today = made(86_400, Buffer.from('of today'));
    hdfs.files.set(settledFile(today.footage), today.bytes);
    const days = await packDue(hdfs, RULES);
    assert.deepEqual(
      days.map(({ camera, date, packs, frames: count, removed, left }) => ({
        camera,
        date,
        packs,
        count,
        removed,
        left,
      })),
      [
        { camera: '7', date: DATE, packs: 2, count: 18, removed: 18, left: 2 },
        { camera: '8', date: DATE, packs: 1, count: 15, removed: 15, left: 0 },
      ],
    );
    const stayed = [...hdfs.files.keys()].filter((path) => parseSettledFile(path) !== null);
    assert.deepEqual(stayed.sort(), [film, large, today].map(({ footage }) => settledFile(footage)).sort());
    assert.deepEqual(await readable(hdfs), truthOf([...frames, film, large, today]));
  });

  it('writes Parquet that others read: one row a frame, sorted, with its bytes', async () => {
    const frames = someFrames();
    const hdfs = hdfsWith(frames);
    await packDue(hdfs, RULES);
    const folder = mkdtempSync(join(scratch, 'read-'));
    packsOf(hdfs).forEach((path, i) => writeFileSync(join(folder, `${i}.parquet`), hdfs.files.get(path)!));
    const duck = await DuckDBInstance.create(':memory:');
    const connection = await duck.connect();
    const result = await connection.runAndReadAll(
      `select epoch_ms(taken_at) as ms, detection_oid, kind, sha256, sha256(frame) as hash, octet_length(frame) as bytes
       from read_parquet('${folder}/*.parquet') order by ms, detection_oid`,
    );
    const rows = result
      .getRowObjects()
      .map((row) => [Number(row.ms), row.detection_oid, row.kind, row.sha256, row.hash]);
    connection.closeSync();
    duck.closeSync();
    const expected = frames
      .map(({ footage: { takenAtMs, detection, kind, sha256 } }) => [
        ...[takenAtMs, detection === null ? null : BigInt(detection), kind, sha256, sha256],
      ])
      .sort((a, b) => Number(a[0]) - Number(b[0]));
    assert.deepEqual(rows, expected);
  });

  it('may die after every operation: nothing is ever unreadable, and the next one ends the same', async () => {
    const frames = someFrames().slice(0, 12);
    const truth = truthOf(frames);
    for (let budget = 1; ; budget++) {
      const hdfs = hdfsWith(frames);
      hdfs.budget = budget;
      const died = await packDue(hdfs, RULES).then(
        () => false,
        (fault: unknown) => {
          assert.ok(fault instanceof Crash, String(fault));
          return true;
        },
      );
      hdfs.budget = Infinity;
      assert.deepEqual(await readable(hdfs), truth, `after ${budget} operations`);
      await packDue(hdfs, RULES);
      assert.deepEqual(await readable(hdfs), truth);
      assert.deepEqual(
        [...hdfs.files.keys()].filter((path) => !path.startsWith(`${PACKS}/camera=`)),
        [],
        'no original and no half-written pack is left',
      );
      const rows = await Promise.all(packsOf(hdfs).map((path) => readPackIndex(hdfs, parsePack(path)!)));
      assert.equal(rows.flat().length, frames.length, 'no frame stands in two packs');
      if (!died) break;
    }
    assert.deepEqual(
      readdirSync(scratch).filter((name) => name.startsWith('sightline-pack-')),
      [],
    );
  });

  it('packs what came later on its own, and removes an original that came again', async () => {
    const frames = someFrames();
    const hdfs = hdfsWith(frames);
    await packDue(hdfs, RULES);
    const late = made(1, Buffer.from('late'));
    const again = frames[0]!;
    for (const { footage, bytes } of [late, again]) hdfs.files.set(settledFile(footage), bytes);
    const [day] = await packDue(hdfs, RULES);
    assert.deepEqual([day!.packs, day!.frames, day!.removed], [1, 1, 2]);
    assert.deepEqual(await readable(hdfs), truthOf([...frames, late]));
  });

  it('is not seen by readers: pages and single frames are the same before and after, and while both forms are there', async () => {
    const frames = someFrames();
    const hdfs = hdfsWith([...frames, film]);
    const seen = async () => {
      const store = footageStore(hdfs);
      const question = { camera: oid(7), from: DAY_MS, to: DAY_MS + 86_400_000, limit: 4 };
      const pages: Footage[] = [];
      for (;;) {
        const page = await store.list({ ...question, after: pages.at(-1) });
        for (const file of page) {
          const found = (await store.find(file))!;
          const chunks: Buffer[] = [];
          const range = { offset: 0, bytes: found.bytes };
          for await (const chunk of store.read(found, range)) chunks.push(chunk as Buffer);
          assert.equal(createHash('sha256').update(Buffer.concat(chunks)).digest('hex'), file.sha256);
        }
        pages.push(...page);
        if (page.length < question.limit) return pages.map(settledFile);
      }
    };
    const before = await seen();
    assert.equal(before.length, 19);
    hdfs.budget = 60;
    await packDue(hdfs, RULES).catch(() => undefined);
    hdfs.budget = Infinity;
    assert.deepEqual(await seen(), before);
    await packDue(hdfs, RULES);
    assert.deepEqual(await seen(), before);
  });

  it('leaves an original alone whose bytes are not what its name says, and names it', async () => {
    const frames = someFrames();
    const hdfs = hdfsWith(frames);
    const path = settledFile(frames[4]!.footage);
    hdfs.files.set(path, Buffer.from('a bad disk'));
    const days = await packDue(hdfs, RULES);
    assert.deepEqual(
      days.flatMap(({ damaged }) => damaged),
      [{ path }],
    );
    assert.ok(hdfs.files.has(path));
    assert.equal((await readable(hdfs)).size, frames.length);
  });

  it('shows what it would do and changes nothing when asked for that', async () => {
    const hdfs = hdfsWith(someFrames());
    const before = [...hdfs.files.keys()];
    const days = await packDue(hdfs, { ...RULES, isDryRun: true });
    assert.deepEqual(
      days.map(({ packs, frames, removed }) => [packs, frames, removed]),
      [
        [2, 18, 0],
        [1, 15, 0],
      ],
    );
    assert.deepEqual([...hdfs.files.keys()], before);
  });

  it('stops between two packs when it is told to', async () => {
    const hdfs = hdfsWith(someFrames());
    const stop = new AbortController();
    await assert.rejects(packDue(hdfs, { ...RULES, signal: stop.signal, onDay: () => stop.abort() }));
    assert.equal(packsOf(hdfs).length, 2);
    assert.ok(packsOf(hdfs).every((path) => hdfs.files.has(indexOfPack(path))));
  });
});
