/**
 * What the tests of a file share: a world that is made once, a copy of it for each test, and a folder for each process
 * of a test.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import type { World } from './batch-doubles.ts';
import { hdfsDouble } from './hdfs-double.ts';

export interface SharedWorld {
  /** For tests that only read. */
  original(): World;
  /** It shares nothing with any other. */
  copy(): World;
  /** A folder as a process has it; nobody has made it yet. */
  inNewProcess(): string;
  /** A file on this machine, for what a test reads. */
  newFile(): string;
}

export function sharedWorld(make: (inNewProcess: () => string) => Promise<World>): SharedWorld {
  let folder: string;
  let made: World;
  let names = 0;
  const inNewProcess = (): string => join(folder, `process-${names++}`);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sightline-world-'));
    made = await make(inNewProcess);
  });
  after(() => rm(folder, { recursive: true, force: true }));
  return {
    original: () => made,
    copy: () => copyOf(made),
    inNewProcess,
    newFile: () => join(folder, `file-${names++}`),
  };
}

function copyOf(world: World): World {
  const hdfs = hdfsDouble();
  for (const [name, bytes] of world.hdfs.files) hdfs.files.set(name, bytes);
  return {
    ...world,
    hdfs,
    log: world.log.map((log) => [...log]),
    batchCells: new Map(world.batchCells),
    listed: new Set(world.listed),
    rows: new Map(world.rows),
    lease: null,
    forgetting: null,
  };
}
