/**
 * Pages of footage: over HDFS in memory, whose lists come in small pieces, each page is what a naive filter of all
 * files gives, and a busy day costs few calls.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { oid } from '../../../../../core/domain/oid.ts';
import { DAY_MS } from '../../../../../core/domain/time.ts';
import type { Footage } from '../../../../../core/layout/footage.ts';
import { settledFile } from '../../../../../core/layout/footage.ts';
import { newestFirst } from '../../../../../core/stores/footage/form.ts';
import type { FootageFile, FootageForm } from '../../../../../core/stores/footage/form.ts';
import { footageStore } from '../../../../../core/stores/footage/footage-store.ts';
import { settledForm } from '../../../../../core/stores/footage/settled-form.ts';
import { hdfsDouble } from '../../../../support/hdfs-double.ts';

const DAY = Date.UTC(2026, 10, 30);
const CAMERA = oid(7);

function footageAt(takenAtMs: number, number: number, detection: number | null = number): Footage {
  return {
    camera: CAMERA,
    takenAtMs,
    detection: detection === null ? null : oid(detection),
    sha256: number.toString(16).padStart(64, '0'),
    kind: 'jpg',
  };
}

function storeOf(all: readonly Footage[], pieceEntries = 1_000) {
  const hdfs = hdfsDouble();
  hdfs.pieceEntries = pieceEntries;
  for (const footage of all) hdfs.files.set(settledFile(footage), Buffer.from(footage.sha256));
  return { hdfs, store: footageStore(hdfs) };
}

const namesOf = (files: readonly Footage[]): string[] => files.map(settledFile);

test('pages of any size, read one after the other, are all files of the window, newest first', async () => {
  const times = fc.array(
    fc.oneof(
      fc.nat(3 * DAY_MS),
      fc.nat(50),
      fc.nat(20).map((near) => DAY_MS + near),
    ),
    { maxLength: 60 },
  );
  const bound = fc.oneof(fc.nat(3 * DAY_MS), fc.nat(50));
  await fc.assert(
    fc.asyncProperty(times, bound, bound, fc.integer({ min: 1, max: 9 }), async (drawn, a, b, limit) => {
      const all = drawn.map((at, number) => footageAt(DAY + at, number, number % 3 === 0 ? null : number));
      const [from, to] = [DAY + Math.min(a, b), DAY + Math.max(a, b)];
      const { hdfs, store } = storeOf(all, 4);
      const other = { ...footageAt(from, 1_000), camera: oid(8) };
      hdfs.files.set(settledFile(other), Buffer.from('another camera'));
      hdfs.files.set('footage/camera=7/dt=2026-11-30/README', Buffer.from('not ours'));
      const expected = all.filter(({ takenAtMs }) => takenAtMs >= from && takenAtMs < to).sort(newestFirst);
      const paged: FootageFile[] = [];
      for (;;) {
        const page = await store.list({ camera: CAMERA, from, to, limit, after: paged.at(-1) });
        paged.push(...page);
        if (page.length < limit) break;
      }
      assert.deepEqual(namesOf(paged), namesOf(expected));
    }),
    { numRuns: 150 },
  );
});

test('the newest files of a day of many cost a few calls, wherever the window ends', async () => {
  const all = Array.from({ length: 20_000 }, (_, number) => footageAt(DAY + number * 4_000, number));
  const { hdfs, store } = storeOf(all);
  for (const to of [DAY + DAY_MS, DAY + DAY_MS / 2, DAY + 5_000]) {
    const before = 1_000;
    hdfs.budget = before;
    const page = await store.list({ camera: CAMERA, from: DAY, to, limit: 50 });
    const expected = all.filter(({ takenAtMs }) => takenAtMs < to).slice(-50);
    assert.deepEqual(namesOf(page), namesOf(expected.reverse()));
    assert.ok(before - hdfs.budget <= 10, `${before - hdfs.budget} calls`);
  }
});

test('one file is found by what its name tells, and a part of it is read', async () => {
  const one = footageAt(DAY, 9_001);
  const { store } = storeOf([one]);
  const found = await store.find(one);
  assert.equal(found?.bytes, 64);
  assert.equal(await store.find(footageAt(DAY, 9_002)), null);
  const chunks: Buffer[] = [];
  for await (const chunk of store.read(found!, { offset: 60, bytes: 4 })) chunks.push(chunk as Buffer);
  assert.equal(Buffer.concat(chunks).toString(), '2329');
});

test('without any footage lists are empty', async () => {
  const { store } = storeOf([]);
  assert.equal(await store.hasAny(), false);
  assert.deepEqual(await store.list({ camera: CAMERA, from: 0, to: DAY, limit: 5 }), []);
});

test('there is footage once a camera has a folder, of files or of packs; folders of our own do not count', async () => {
  const { hdfs, store } = storeOf([]);
  // `sightline prepare` makes the folder itself.
  hdfs.facts = async (path) => ({ path, isFolder: true, bytes: 0, modifiedAtMs: 0 });
  hdfs.files.set('footage/_arriving/7_1_none.jpg.1', Buffer.alloc(1));
  assert.equal(await store.hasAny(), false);
  hdfs.files.set('footage_packed/camera=7/dt=2026-11-30/a.parquet', Buffer.alloc(1));
  assert.equal(await store.hasAny(), true);
  assert.equal(await storeOf([footageAt(DAY, 1)]).store.hasAny(), true);
});

test('a file that two forms have at once is listed once', async () => {
  const all = [footageAt(DAY, 1), footageAt(DAY + 1, 2)];
  const { hdfs } = storeOf(all);
  const packed: FootageForm = {
    days: async () => ['2026-11-30', '2026-11-29'],
    ofDay: async (date) =>
      date === '2026-11-30'
        ? [footageAt(DAY, 1)].map((footage) => ({ ...footage, path: 'a pack', offset: 10, bytes: 1 }))
        : [],
    find: async () => null,
  };
  const listed = await footageStore(hdfs, [settledForm(hdfs), packed]).list({
    camera: CAMERA,
    from: DAY - DAY_MS,
    to: DAY + DAY_MS,
    limit: 5,
  });
  assert.deepEqual(namesOf(listed), namesOf([all[1]!, all[0]!]));
});
