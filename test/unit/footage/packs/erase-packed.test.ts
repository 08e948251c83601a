/**
 * Erasing frames that are in packs, on an HDFS in memory: their bytes are nowhere afterwards, all others can be read as
 * before, and a run that dies is finished by the next one.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { oid } from '../../../../core/domain/oid.ts';
import type { Footage } from '../../../../core/layout/footage.ts';
import { settledFile } from '../../../../core/layout/footage.ts';
import { parsePack } from '../../../../core/layout/footage-packs.ts';
import { Refusal } from '../../../../core/process/errors.ts';
import { listPacks, readPackIndex } from '../../../../core/stores/footage/pack-index.ts';
import type { Wanted } from '../../../../core/stores/footage/wanted.ts';
import { erase, plan } from '../../../../footage/erase.ts';
import { packDue } from '../../../../footage/packs/pack.ts';
import type { HdfsDouble } from '../../../support/hdfs-double.ts';
import { Crash, hdfsDouble } from '../../../support/hdfs-double.ts';

const DATE = '2026-11-29';
const DAY_MS = Date.parse(DATE);
const scratch = mkdtempSync(join(tmpdir(), 'sightline-erase-test-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const frames = Array.from({ length: 12 }, (_, i) => {
  const bytes = randomBytes(500 + i);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const camera = oid(7 + (i % 2));
  const footage: Footage = { camera, takenAtMs: DAY_MS + i * 1_000, detection: oid(9_000 + i), sha256, kind: 'jpg' };
  return { footage, bytes };
});

async function packed(): Promise<HdfsDouble> {
  const hdfs = hdfsDouble();
  for (const { footage, bytes } of frames) hdfs.files.set(settledFile(footage), bytes);
  await packDue(hdfs, {
    ...{ before: '2026-11-30', greatestFrameBytes: 10_000, packBytes: 2_000, packFrames: 100, scratch },
  });
  return hdfs;
}

/** Settled name → bytes, as readers find them in the packs. */
async function readable(hdfs: HdfsDouble): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const camera of ['7', '8'])
    for (const pack of (await listPacks(hdfs, camera, DATE)).whole)
      for (const frame of await readPackIndex(hdfs, pack)) {
        const bytes = hdfs.files.get(pack.path)!.subarray(frame.offset, frame.offset + frame.bytes);
        found.set(settledFile(frame), bytes.toString('hex'));
      }
  return found;
}

const truthWithout = (gone: (footage: Footage) => boolean): Map<string, string> =>
  new Map(
    frames
      .filter(({ footage }) => !gone(footage))
      .map(({ footage, bytes }) => [settledFile(footage), bytes.toString('hex')]),
  );

const ONE: Wanted = { by: 'detection', detection: oid(9_002), camera: undefined };
const ALL_OF_7: Wanted = { by: 'time', camera: oid(7), fromMs: DAY_MS, toMs: DAY_MS + 60_000 };
const run = (hdfs: HdfsDouble, wanted: Wanted, onErased: (file: { path: string }) => void = () => undefined) =>
  erase(hdfs, wanted, { scratch, onErased });

describe('erasing frames in packs', () => {
  it('shows them by the names that they had, and changes nothing', async () => {
    const hdfs = await packed();
    const before = new Map(hdfs.files);
    const { packed: plans } = await plan(hdfs, ONE);
    assert.deepEqual(
      plans.flatMap(({ erased }) => erased.map(settledFile)),
      [settledFile(frames[2]!.footage)],
    );
    assert.deepEqual(hdfs.files, before);
  });

  it('leaves no byte of them, and all others as they were', async () => {
    const hdfs = await packed();
    const erased: string[] = [];
    await run(hdfs, ONE, ({ path }) => erased.push(path));
    assert.deepEqual(erased, [settledFile(frames[2]!.footage)]);
    assert.deepEqual(
      await readable(hdfs),
      truthWithout(({ detection }) => detection === '9002'),
    );
    for (const [path, bytes] of hdfs.files) assert.equal(bytes.indexOf(frames[2]!.bytes), -1, path);
  });

  it('removes a pack of which nothing remains', async () => {
    const hdfs = await packed();
    await run(hdfs, ALL_OF_7);
    assert.deepEqual(
      [...hdfs.files.keys()].filter((path) => path.includes('camera=7')),
      [],
    );
    assert.deepEqual(
      await readable(hdfs),
      truthWithout(({ camera }) => camera === '7'),
    );
  });

  it('may die after every operation: the next run ends the same, with each frame in one pack', async () => {
    const rest = truthWithout(({ detection }) => detection === '9002');
    for (let budget = 1; ; budget++) {
      const hdfs = await packed();
      hdfs.budget = budget;
      const died = await run(hdfs, ONE).then(
        () => false,
        (fault: unknown) => fault instanceof Crash || Promise.reject(fault),
      );
      hdfs.budget = Infinity;
      const between = await readable(hdfs);
      for (const [name, bytes] of rest) assert.equal(between.get(name), bytes, `after ${budget} operations`);
      await run(hdfs, ONE);
      // What a run that died left of a pack is no pack; packing removes it.
      await packDue(hdfs, { before: '2026-11-30', greatestFrameBytes: 1, packBytes: 1, packFrames: 1, scratch });
      assert.deepEqual(await readable(hdfs), rest, `after ${budget} operations and another run`);
      const packs = [...hdfs.files.keys()].map(parsePack).filter((pack) => pack !== null);
      const counts = await Promise.all(packs.map((pack) => readPackIndex(hdfs, pack)));
      assert.equal(counts.flat().length, rest.size);
      if (!died) break;
    }
  });

  it('refuses to write a pack again that a bad disk has changed', async () => {
    const hdfs = await packed();
    const { pack, kept } = (await plan(hdfs, ONE)).packed[0]!;
    const bytes = Buffer.from(hdfs.files.get(pack.path)!);
    bytes[kept[0]!.offset] = bytes[kept[0]!.offset]! ^ 1;
    hdfs.files.set(pack.path, bytes);
    await assert.rejects(run(hdfs, ONE), (fault) => fault instanceof Refusal && fault.exitCode === 4);
    assert.ok(hdfs.files.has(pack.path));
  });
});
