/**
 * What small frames cost HDFS, as one file each and in packs: heap of the NameNode, and time to read one.
 *
 * Method: frames of random bytes are written under settled names for one camera and day. The NameNode's heap is read
 * after a full collection before, with the files, and after `packDue`, without its retry cache, in which each call
 * stays for ten minutes. Random frames are read through the store of footage, one at a time: with the files, and
 * from packs with the index kept and not kept. Both forms are read in the same run. A stack of its own is needed,
 * since the daemon's heap is compared.
 *
 *     npx tsx bench/footage/small-files.ts [--frames 20000] [--bytes 30000] [--reads 300]
 */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { oid } from '../../core/domain/oid.ts';
import type { Footage } from '../../core/layout/footage.ts';
import { settledFile } from '../../core/layout/footage.ts';
import { readConfig } from '../../core/process/config.ts';
import { inLanes } from '../../core/process/lanes.ts';
import type { FootageForm } from '../../core/stores/footage/form.ts';
import { packedForm } from '../../core/stores/footage/packed-form.ts';
import { settledForm } from '../../core/stores/footage/settled-form.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { packDue } from '../../footage/packs/pack.ts';
import { pidOf } from '../../hadoop-compose/cluster/processes.ts';
import { findJava } from '../../hadoop-compose/cluster/tools.ts';
import { stackFrom } from '../../hadoop-compose/stack/stack.ts';
import { printTable, quantile } from '../support/table.ts';

const DAY_MS = Date.parse('2024-04-01');
const LANES = 16;

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '20000' },
    bytes: { type: 'string', default: '30000' },
    reads: { type: 'string', default: '300' },
  },
});
const [count, bytes, reads] = [Number(values.frames), Number(values.bytes), Number(values.reads)];
const config = readConfig({ ...process.env, SIGHTLINE_ROOT: `/sightline/bench_${randomBytes(4).toString('hex')}` });
const files = hdfs(config);
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const jcmd = join(dirname(await findJava()), 'jcmd');
const nameNode = pidOf(stackFrom(), 'namenode');
if (nameNode === undefined)
  throw new Error('the NameNode of this stack is not running; "sightline cluster up" starts it');

/** Bytes of objects that are alive. */
function liveHeap(): number {
  const histogram = execFileSync(jcmd, [String(nameNode), 'GC.class_histogram'], { maxBuffer: 64 << 20 }).toString();
  const lines = [...histogram.matchAll(/^\s*\d+:\s+\d+\s+(\d+)\s+(\S+)/gm)];
  return lines.filter(([, , name]) => !name!.includes('RetryCache')).reduce((sum, [, size]) => sum + Number(size), 0);
}

async function written(): Promise<Footage[]> {
  const frames: Footage[] = [];
  const numbers = Array.from({ length: count }, (_, number) => number);
  let done = 0;
  await inLanes(LANES, numbers, async (number) => {
    const content = randomBytes(bytes);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const footage: Footage = {
      ...{ camera: oid(7), takenAtMs: DAY_MS + number * 50, detection: oid(number + 1), sha256, kind: 'jpg' },
    };
    await files.write(settledFile(footage), content);
    frames.push(footage);
    if (++done % 5_000 === 0) say(`${done} frames written`);
  });
  return frames;
}

/** Milliseconds to find a frame and read all of it, sorted. */
async function timesToRead(form: () => FootageForm, frames: readonly Footage[]): Promise<number[]> {
  const times: number[] = [];
  for (let read = 0; read < reads; read++) {
    const frame = frames[Math.floor(Math.random() * frames.length)]!;
    const beganMs = performance.now();
    const { path, offset, bytes: length } = (await form().find(frame))!;
    let got = 0;
    const stream = files.readStream(path, undefined, { offset, bytes: length }) as Readable;
    for await (const chunk of stream) got += (chunk as Buffer).length;
    if (got !== length) throw new Error(`${got} bytes were read of ${length}`);
    times.push(performance.now() - beganMs);
  }
  return times.sort((a, b) => a - b);
}

const scratch = mkdtempSync(join(tmpdir(), 'sightline-bench-'));
try {
  await files.makeFolder('footage');
  const before = liveHeap();
  const frames = await written();
  const withFiles = liveHeap();
  const settled = settledForm(files);
  const ofFiles = await timesToRead(() => settled, frames);
  const beganMs = performance.now();
  const [day] = await packDue(files, {
    ...{ before: '2024-04-02', greatestFrameBytes: 4 << 20, packBytes: 128 << 20, packFrames: 20_000, scratch },
  });
  const seconds = (performance.now() - beganMs) / 1_000;
  const withPacks = liveHeap();
  const packed = packedForm(files);
  const ofPacks = await timesToRead(() => packed, frames);
  const cold = await timesToRead(() => packedForm(files), frames.slice(0, 50));
  const times = (sorted: readonly number[]): string[] => [0.5, 0.99].map((share) => quantile(sorted, share).toFixed(1));
  const heap = (now: number): string => ((now - before) / count).toFixed(0);
  printTable(
    ['form', 'objects in HDFS', 'NameNode heap, bytes a frame', 'read one: p50 ms', 'p99 ms'],
    [
      ['a file each', String(count), heap(withFiles), ...times(ofFiles)],
      ['packs, index kept', String(day!.packs * 2), heap(withPacks), ...times(ofPacks)],
      ['packs, index read anew', '', '', ...times(cold)],
    ],
  );
  process.stdout.write(
    `packed ${day!.frames} frames, ${(day!.bytes / 1e6).toFixed(0)} MB, in ${seconds.toFixed(1)} s: ` +
      `${(day!.frames / seconds).toFixed(0)} frames and ${(day!.bytes / 1e6 / seconds).toFixed(1)} MB a second\n`,
  );
} finally {
  await hdfs({ ...config, SIGHTLINE_ROOT: '/' }).remove(config.SIGHTLINE_ROOT.slice(1));
  rmSync(scratch, { recursive: true, force: true });
}
