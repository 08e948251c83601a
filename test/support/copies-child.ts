/**
 * A process of its own that reads local copies as a run or a reprocess does, and tells of each step:
 * local-copies.test.ts runs it.
 *
 *     node --import tsx copies-child.ts WORK_FOLDER SOURCE SHA256 BYTES     then one command a line: read, hold, tidy
 */
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import { localCopies } from '../../batch-layer/lake/local-copies.ts';
import { openOwnFolder } from '../../batch-layer/own-folder.ts';

const [work = '', source = '', sha256 = '', bytes = ''] = process.argv.slice(2);
const own = await openOwnFolder(work, 'child');
const download = async (_: string, to: string): Promise<void> => {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(source, to);
};
const copies = localCopies({ download } as unknown as Hdfs, {
  shared: join(work, 'copies'),
  own: own.path,
  keeps: true,
});
const wanted = { path: 'lake/x', sha256, bytes: Number(bytes) };
let held = '';
const steps: Readonly<Record<string, () => Promise<string>>> = {
  hold: async () => (held = await copies.fetch(wanted)),
  read: async () => String((await readFile(held)).length),
  tidy: async () => copies.keepOnly([]).then(() => 'tidied'),
};
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${await steps[line]!()}\n`);
await own.remove();
process.exit(0);
