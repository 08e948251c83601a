/** Erasing, on an HDFS in memory: all that was asked for goes wherever it is on its way, and nothing else. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { oid } from '../../../core/domain/oid.ts';
import { ARRIVING, ERASURES, REJECTED, settledFile, travelName } from '../../../core/layout/footage.ts';
import type { Footage } from '../../../core/layout/footage.ts';
import { erase, plan } from '../../../footage/erase.ts';
import { EXIT, Refusal } from '../../../core/process/errors.ts';
import type { Wanted } from '../../../core/stores/footage/wanted.ts';
import { Crash, hdfsDouble } from '../../support/hdfs-double.ts';
import type { HdfsDouble } from '../../support/hdfs-double.ts';

const scratch = tmpdir();
const MIDNIGHT = Date.parse('2026-11-30T00:00:00Z');
const nowMs = MIDNIGHT + 60_000;
const footage = (camera: number, takenAtMs: number, detection: number | null): Footage => ({
  ...{ camera: oid(camera), takenAtMs, detection: detection === null ? null : oid(detection), kind: 'jpg' as const },
  sha256: String(takenAtMs % 10).repeat(64),
});
const settled = [
  footage(7, MIDNIGHT - 1_000, 1),
  footage(7, MIDNIGHT, 2),
  footage(7, MIDNIGHT + 1_000, null),
  footage(7, MIDNIGHT + 2_000, 3),
  footage(8, MIDNIGHT, 2),
].map(settledFile);
const arrived = `${ARRIVING}/${travelName(footage(7, MIDNIGHT + 1, 2))}.17`;
const open = `${ARRIVING}/${travelName(footage(7, MIDNIGHT + 2, 2))}.18.tmp`;
const aside = `${REJECTED}/${travelName(footage(7, MIDNIGHT + 3, 2))}.19`;

function filled(): HdfsDouble {
  const hdfs = hdfsDouble();
  for (const path of [...settled, arrived, open, aside, `${aside}.json`, 'footage/notes.txt'])
    hdfs.files.set(path, Buffer.alloc(5));
  return hdfs;
}
const window: Wanted = { by: 'time', camera: oid(7), fromMs: MIDNIGHT - 1_000, toMs: MIDNIGHT + 2_000 };
const order = `${ERASURES}/camera_7_${MIDNIGHT - 1_000}_${MIDNIGHT + 2_000}.json`;
/** After the window was erased. */
const left = [settled[3]!, settled[4]!, open, 'footage/notes.txt', order].sort();
const gone = [...settled.slice(0, 3), arrived, aside, `${aside}.json`].sort();

describe('erasing footage', () => {
  it('shows what a camera saw within a time, over midnight, and changes nothing', async () => {
    const hdfs = filled();
    const found = await plan(hdfs, window);
    assert.deepEqual(
      found.files.map(({ path }) => path),
      gone,
    );
    assert.equal(found.open, 1);
    assert.equal(hdfs.files.size, 10);
  });

  it('removes exactly that, and says that a file is still open', async () => {
    const hdfs = filled();
    const erased: string[] = [];
    assert.equal(await erase(hdfs, window, { scratch, nowMs, onErased: ({ path }) => erased.push(path) }), 1);
    assert.deepEqual(erased.sort(), gone);
    assert.deepEqual([...hdfs.files.keys()].sort(), left);
    assert.deepEqual((await plan(hdfs, window)).files, []);
  });

  it('finds a detection in all cameras, or in one', async () => {
    const everywhere = await plan(filled(), { by: 'detection', detection: oid(2), camera: undefined });
    assert.deepEqual(
      everywhere.files.map(({ path }) => path),
      [settled[1]!, settled[4]!, arrived, aside, `${aside}.json`].sort(),
    );
    const one = await plan(filled(), { by: 'detection', detection: oid(2), camera: oid(8) });
    assert.deepEqual(
      one.files.map(({ path }) => path),
      [settled[4]],
    );
  });

  it('follows a file that is settled between the look and the removal', async () => {
    const hdfs = filled();
    const remove = hdfs.remove.bind(hdfs);
    hdfs.remove = async (path) => {
      if (path === arrived && hdfs.files.has(path)) {
        hdfs.files.delete(path);
        hdfs.files.set(settledFile(footage(7, MIDNIGHT + 1, 2)), Buffer.alloc(5));
      }
      await remove(path);
    };
    await erase(hdfs, window, { scratch, nowMs, onErased: () => undefined });
    assert.deepEqual((await plan(hdfs, window)).files, []);
  });

  it('keeps the order though another process holds the lease of packing, and removes nothing then', async () => {
    const hdfs = filled();
    const before = [...hdfs.files.keys()];
    const held = new Refusal(EXIT.lake_held, 'packing is under way');
    const options = { scratch, nowMs, onErased: () => undefined, alone: () => Promise.reject(held) };
    await assert.rejects(erase(hdfs, window, options), held);
    assert.deepEqual([...hdfs.files.keys()].sort(), [...before, order].sort());
  });

  it('takes the facts away under the same lease, when the footage is gone', async () => {
    const hdfs = filled();
    const steps: string[] = [];
    await erase(hdfs, window, {
      ...{ scratch, nowMs, onErased: () => undefined },
      async alone(work) {
        steps.push('lease');
        const done = await work();
        steps.push('given back');
        return done;
      },
      async afterwards() {
        steps.push(`facts, with ${(await plan(hdfs, window)).files.length} files left`);
      },
    });
    assert.deepEqual(steps, ['lease', 'facts, with 0 files left', 'given back']);
  });

  it('ends the same wherever it dies', async () => {
    for (let budget = 0; ; budget++) {
      const hdfs = filled();
      hdfs.budget = budget;
      const died = await erase(hdfs, window, { scratch, nowMs, onErased: () => undefined }).then(
        () => false,
        (fault: unknown) => fault instanceof Crash || Promise.reject(fault),
      );
      hdfs.budget = Infinity;
      await erase(hdfs, window, { scratch, nowMs, onErased: () => undefined });
      assert.deepEqual([...hdfs.files.keys()].sort(), left);
      if (!died) break;
    }
  });
});
