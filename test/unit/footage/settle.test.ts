/**
 * Settling, on an HDFS in memory: whatever Flume delivered and wherever settling dies, each file stands once, whole,
 * under its own name, and nothing disappears.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { Registry } from 'prom-client';
import { oid } from '../../../core/domain/oid.ts';
import type { Footage } from '../../../core/layout/footage.ts';
import { ARRIVING, REJECTED, settledFile, travelName } from '../../../core/layout/footage.ts';
import { hdfsFault } from '../../../core/stores/hdfs/faults.ts';
import { settleMetrics } from '../../../footage/metrics.ts';
import { listSetAside, settle } from '../../../footage/settle.ts';
import { Crash, hdfsDouble } from '../../support/hdfs-double.ts';

const RULES = { openForMs: 90_000, tornAfterMs: 3_600_000 };
/** The files of the double were changed at 0. */
const at = (ms: number) => () => ms;

function footageOf(text: string): { footage: Footage; bytes: Buffer } {
  const bytes = Buffer.from(text);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { footage: { camera: oid(7), takenAtMs: 1_795_996_800_123, detection: oid(1), sha256, kind: 'jpg' }, bytes };
}

const a = footageOf('a picture');
const b = footageOf('another');
const arrival = ({ footage }: { footage: Footage }, counter: number, tail = ''): string =>
  `${ARRIVING}/${travelName(footage)}.${counter}${tail}`;

describe('settling footage', () => {
  it('moves each file once and removes second copies', async () => {
    const hdfs = hdfsDouble();
    hdfs.files.set(arrival(a, 1), a.bytes);
    hdfs.files.set(arrival(a, 2), a.bytes);
    hdfs.files.set(arrival(b, 3), b.bytes);
    const done = await settle(hdfs, at(1_000), RULES);
    assert.equal(done.settled, 2);
    assert.equal(done.copies, 1);
    assert.deepEqual([...hdfs.files.keys()].sort(), [settledFile(a.footage), settledFile(b.footage)].sort());
    hdfs.files.set(arrival(a, 4), a.bytes);
    assert.equal((await settle(hdfs, at(1_000), RULES)).copies, 1);
  });

  it('asks HDFS twice a file: for its bytes, and to rename it', async () => {
    const hdfs = hdfsDouble();
    hdfs.files.set(arrival(a, 1), a.bytes);
    hdfs.files.set(arrival(b, 2), b.bytes);
    hdfs.budget = 5; // one list, and two a file
    const noOrders = () => Promise.resolve(() => false);
    assert.equal((await settle(hdfs, at(1_000), RULES, { readOrders: noOrders })).settled, 2);
    assert.equal(hdfs.budget, 0);
  });

  it('waits with a closed file of which HDFS tells no length', async () => {
    const hdfs = hdfsDouble();
    hdfs.files.set(arrival(a, 1), Buffer.alloc(0));
    assert.equal((await settle(hdfs, at(1_000), RULES)).waiting, 1);
    hdfs.files.set(arrival(a, 1), a.bytes);
    assert.equal((await settle(hdfs, at(1_000), RULES)).settled, 1);
  });

  it('leaves an open file alone, then recovers it whole', async () => {
    const hdfs = hdfsDouble();
    hdfs.files.set(arrival(a, 1, '.tmp'), a.bytes);
    assert.equal((await settle(hdfs, at(89_999), RULES)).waiting, 1);
    const done = await settle(hdfs, at(90_000), RULES);
    assert.deepEqual([done.settled, done.recovered], [1, 1]);
    assert.deepEqual([...hdfs.files.keys()], [settledFile(a.footage)]);
  });

  it('goes on with the others while HDFS keeps one for a writer that died', async () => {
    const hdfs = hdfsDouble();
    const answer = new Error('IOException: Cannot obtain block length for LocatedBlock{BP-1:blk_1_2; corrupt=false}');
    for (const kept of [arrival(a, 1), arrival(a, 1, '.tmp')]) {
      hdfs.files.set(kept, a.bytes);
      hdfs.files.set(arrival(b, 2), b.bytes);
      const { sha256, salvage } = hdfs;
      hdfs.sha256 = (path) => (path === kept ? Promise.reject(hdfsFault('http://namenode', answer)) : sha256(path));
      hdfs.salvage = () => Promise.reject(hdfsFault('http://namenode', answer));
      const done = await settle(hdfs, at(100_000), RULES);
      assert.deepEqual([done.settled, done.waiting], [1, 1]);
      Object.assign(hdfs, { sha256, salvage });
      hdfs.files.delete(settledFile(b.footage));
      assert.equal((await settle(hdfs, at(100_000), RULES)).settled, 1);
      hdfs.files.clear();
    }
  });

  it('leaves to the next pass what Flume renames meanwhile', async () => {
    const hdfs = hdfsDouble();
    hdfs.files.set(arrival(a, 1, '.tmp'), a.bytes);
    hdfs.salvage = async (path) => {
      hdfs.files.delete(path);
      hdfs.files.set(arrival(a, 1), a.bytes);
      throw new Error(`File ${path} not found`);
    };
    assert.equal((await settle(hdfs, at(100_000), RULES)).waiting, 1);
    assert.equal((await settle(hdfs, at(100_000), RULES)).settled, 1);
  });

  it('waits with half a file for the next delivery, and removes it then', async () => {
    const hdfs = hdfsDouble();
    hdfs.files.set(arrival(a, 1, '.tmp'), a.bytes.subarray(0, 3));
    assert.equal((await settle(hdfs, at(100_000), RULES)).waiting, 1);
    hdfs.files.set(arrival(a, 2), a.bytes);
    await settle(hdfs, at(100_000), RULES);
    await settle(hdfs, at(100_000), RULES);
    assert.deepEqual([...hdfs.files.keys()], [settledFile(a.footage)]);
    assert.ok(hdfs.files.get(settledFile(a.footage))!.equals(a.bytes));
  });

  it('sets aside, with a reason, what is not what its name says', async () => {
    const hdfs = hdfsDouble();
    hdfs.files.set(arrival(a, 1), b.bytes);
    hdfs.files.set(arrival(b, 2, '.tmp'), b.bytes.subarray(0, 3));
    hdfs.files.set(`${ARRIVING}/holiday.jpg`, a.bytes);
    const done = await settle(hdfs, at(RULES.tornAfterMs), RULES);
    assert.equal(done.rejected, 3);
    const reasons = (await listSetAside(hdfs)).map(({ reason }) => reason).sort();
    assert.deepEqual(reasons, ['changed', 'torn', 'unknown_name']);
    assert.equal([...hdfs.files.keys()].filter((path) => path.startsWith(`${REJECTED}/`)).length, 6);
    assert.equal([...hdfs.files.keys()].filter((path) => path.startsWith(ARRIVING)).length, 0);
  });

  it('tells metrics what waited, how long settling took, and why a file was set aside', async () => {
    const hdfs = hdfsDouble();
    const registry = new Registry();
    const nowMs = a.footage.takenAtMs + 7_000;
    const metrics = settleMetrics(registry, () => nowMs);
    hdfs.files.set(arrival(a, 1), a.bytes);
    hdfs.files.set(arrival(a, 2), b.bytes);
    hdfs.files.set(arrival(b, 3, '.tmp'), b.bytes.subarray(0, 3));
    const done = await settle(hdfs, at(100_000), RULES, { watch: metrics });
    const before = await registry.metrics();
    assert.match(before, /sightline_footage_waiting_files\{kind="arrived"\} 2\n/);
    metrics.countPass(done);
    const text = await registry.metrics();
    for (const line of [
      'waiting_files{kind="arrived"} 0',
      'waiting_files{kind="open"} 1',
      'oldest_waiting_seconds{kind="arrived"} 0',
      'files_total{result="settled"} 1',
      'files_total{result="rejected"} 0',
      'files_total{result="copy"} 1',
      'settled_after_seconds_sum 7',
    ])
      assert.ok(text.includes(`sightline_footage_${line}\n`), `${line}\n${text}`);
  });

  it('ends the same wherever it dies', async () => {
    for (let budget = 0; ; budget++) {
      const hdfs = hdfsDouble();
      hdfs.files.set(arrival(a, 1), a.bytes);
      hdfs.files.set(arrival(a, 2, '.tmp'), a.bytes);
      hdfs.files.set(arrival(b, 3), a.bytes);
      hdfs.budget = budget;
      const died = await settle(hdfs, at(100_000), RULES).then(
        () => false,
        (fault: unknown) => fault instanceof Crash || Promise.reject(fault),
      );
      hdfs.budget = Infinity;
      await settle(hdfs, at(100_000), RULES);
      assert.ok(hdfs.files.get(settledFile(a.footage))!.equals(a.bytes), `died after ${budget} operations`);
      assert.deepEqual(
        (await listSetAside(hdfs)).map(({ reason }) => reason),
        ['changed'],
      );
      assert.equal(hdfs.files.size, 3);
      if (!died) break;
    }
  });
});
