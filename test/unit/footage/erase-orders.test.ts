/**
 * Orders to erase, on an HDFS in memory: a file that an erase command could not reach is removed when it arrives, and
 * what the order does not cover is settled.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { Registry } from 'prom-client';
import { oid } from '../../../core/domain/oid.ts';
import { ARRIVING, ERASURES, settledFile, travelName } from '../../../core/layout/footage.ts';
import type { Footage } from '../../../core/layout/footage.ts';
import { erase } from '../../../footage/erase.ts';
import { eraseOrders, writeEraseOrder } from '../../../footage/erase-orders.ts';
import { settleMetrics } from '../../../footage/metrics.ts';
import { prune } from '../../../footage/prune.ts';
import { SETTLE_RULES, settle } from '../../../footage/settle.ts';
import type { Wanted } from '../../../core/stores/footage/wanted.ts';
import { hdfsDouble } from '../../support/hdfs-double.ts';
import type { HdfsDouble } from '../../support/hdfs-double.ts';

const NOON = Date.parse('2026-11-30T12:00:00Z');
const MINUTE = 60_000;
/** The files of the double were changed at 0. */
const OLD = () => SETTLE_RULES.openForMs;
const YOUNG = () => 1_000;

const bytesOf = (takenAtMs: number): Buffer => Buffer.from(`taken at ${takenAtMs}`);
const footage = (camera: number, takenAtMs: number, detection: number | null = null): Footage => ({
  ...{ camera: oid(camera), takenAtMs, detection: detection === null ? null : oid(detection), kind: 'jpg' as const },
  sha256: createHash('sha256').update(bytesOf(takenAtMs)).digest('hex'),
});

let counter = 0;
function deliver(hdfs: HdfsDouble, file: Footage, tail = ''): void {
  hdfs.files.set(`${ARRIVING}/${travelName(file)}.${++counter}${tail}`, bytesOf(file.takenAtMs));
}

const ordered = (hdfs: HdfsDouble, wanted: Wanted): Promise<unknown> =>
  erase(hdfs, wanted, { scratch: tmpdir(), nowMs: NOON, onErased: () => undefined });
const footageIn = (hdfs: HdfsDouble): string[] =>
  [...hdfs.files.keys()].filter((path) => !path.startsWith(ERASURES)).sort();

const lastHour: Wanted = { by: 'time', camera: oid(7), fromMs: NOON - 60 * MINUTE, toMs: NOON };

describe('orders to erase', () => {
  it('remove what arrives from a gateway after the command, and let everything else settle', async () => {
    const hdfs = hdfsDouble();
    await ordered(hdfs, lastHour);
    const kept = [footage(7, NOON), footage(7, NOON - 61 * MINUTE), footage(8, NOON - MINUTE)];
    for (const file of [footage(7, NOON - MINUTE), ...kept]) deliver(hdfs, file);
    const done = await settle(hdfs, YOUNG);
    assert.deepEqual([done.erased, done.settled], [1, 3]);
    assert.deepEqual(footageIn(hdfs), kept.map(settledFile).sort());
  });

  it('cover the pictures of a detection, of all cameras or of one', async () => {
    for (const [camera, settled] of [
      [undefined, 0],
      [oid(8), 1],
    ] as const) {
      const hdfs = hdfsDouble();
      await ordered(hdfs, { by: 'detection', detection: oid(9_001), camera });
      for (const of of [7, 8]) deliver(hdfs, footage(of, NOON, 9_001));
      const done = await settle(hdfs, YOUNG);
      assert.deepEqual([done.erased, done.settled], [2 - settled, settled]);
    }
  });

  it('hold for what was taken before they were given, although the command named a later end', async () => {
    const hdfs = hdfsDouble();
    await ordered(hdfs, { by: 'time', camera: oid(7), fromMs: NOON - MINUTE, toMs: NOON + 60 * MINUTE });
    deliver(hdfs, footage(7, NOON - 1));
    deliver(hdfs, footage(7, NOON + MINUTE));
    const done = await settle(hdfs, YOUNG);
    assert.deepEqual([done.erased, done.settled], [1, 1]);
    const yetToCome: Wanted = { by: 'time', camera: oid(7), fromMs: NOON + MINUTE, toMs: NOON + 2 * MINUTE };
    await writeEraseOrder(hdfs, yetToCome, NOON);
    assert.equal((await hdfs.list(ERASURES)).length, 1, 'nothing was taken then');
  });

  it('wait until Flume has finished a file, or has been dead for a while', async () => {
    const hdfs = hdfsDouble();
    await ordered(hdfs, lastHour);
    deliver(hdfs, footage(7, NOON - MINUTE), '.tmp');
    assert.equal((await settle(hdfs, YOUNG)).waiting, 1);
    assert.equal((await settle(hdfs, OLD)).erased, 1);
    assert.deepEqual(footageIn(hdfs), []);
  });

  it('reach a file that arrives while the command runs, whichever of the two looks first', async () => {
    for (let step = 1; step < 12; step++) {
      const hdfs = hdfsDouble();
      const passes: Promise<unknown>[] = [];
      const list = hdfs.list.bind(hdfs);
      let calls = 0;
      hdfs.list = async (folder) => {
        if (++calls === step) {
          deliver(hdfs, footage(7, NOON - MINUTE));
          passes.push(settle({ ...hdfs, list }, YOUNG));
        }
        return list(folder);
      };
      await ordered(hdfs, lastHour);
      await Promise.all(passes);
      await settle({ ...hdfs, list }, YOUNG);
      assert.deepEqual(footageIn(hdfs), [], `step ${step}`);
    }
  });

  it('are counted, and are read once', async () => {
    const hdfs = hdfsDouble();
    await ordered(hdfs, lastHour);
    const registry = new Registry();
    const metrics = settleMetrics(registry, () => NOON);
    const readOrders = eraseOrders(hdfs);
    let reads = 0;
    const read = hdfs.read.bind(hdfs);
    hdfs.read = async (path) => (reads++, read(path));
    for (let pass = 0; pass < 3; pass++) {
      deliver(hdfs, footage(7, NOON - MINUTE));
      metrics.countPass(await settle(hdfs, YOUNG, SETTLE_RULES, { watch: metrics, readOrders }));
    }
    assert.equal(reads, 1);
    assert.match(await registry.metrics(), /sightline_footage_files_total\{result="erased"\} 3\n/);
  });

  it('stop settling where they cannot be read, so that nothing that was erased comes back', async () => {
    const hdfs = hdfsDouble();
    hdfs.files.set(`${ERASURES}/camera_7_1_2.json`, Buffer.from('{"version":2}'));
    deliver(hdfs, footage(7, NOON));
    await assert.rejects(settle(hdfs, YOUNG), /camera_7_1_2\.json is no erase order/);
    assert.equal(footageIn(hdfs)[0]!.startsWith(ARRIVING), true);
  });

  it('go with the retention, and count as no footage', async () => {
    const hdfs = hdfsDouble();
    await ordered(hdfs, lastHour);
    assert.deepEqual(await prune(hdfs, { before: '2026-11-30' }), { folders: 0, files: 0, bytes: 0 });
    assert.equal(hdfs.files.size, 0);
  });
});
