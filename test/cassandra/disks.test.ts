/**
 * The disk of a node is lost, and the disk of a node is full. To the other two it is a node that is away: no question
 * is refused, and in the end every detection was counted once.
 *
 * A node that lost its disk takes its own place again as docs/operations.md says: it fetches its rows from the others
 * before it serves, and a repair brings what was written meanwhile. That it has everything then is asked of it alone.
 * Its new disk is a small one (a tmpfs, which root alone may mount), and is filled. A full disk ends the process where
 * the commit log is written through memory (SIGBUS), and else stops its serving.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { keyspaceOf } from '../../core/process/store-settings.ts';
import { cassandraRingReady } from '../../hadoop-compose/cluster/cassandra-ring.ts';
import { daemonOf } from '../../hadoop-compose/cluster/daemons-of.ts';
import { javaArgs } from '../../hadoop-compose/cluster/launch.ts';
import { findJava } from '../../hadoop-compose/cluster/tools.ts';
import { addressOfNode, nameOfNode } from '../../hadoop-compose/stack/cassandra-nodes.ts';
import { confFolder, dataFolder } from '../../hadoop-compose/stack/stack.ts';
import { eventually } from '../support/main-job.ts';
import type { StruckWorld } from '../support/struck-world.ts';
import { ask, assertExact, missingRows, readToTheEnd, storesAt, tell, watch } from '../support/struck-world.ts';
import { gone, openRing, stack, startNode, whole } from './ring.ts';

const NODE = 3;
const DISK = dataFolder(stack, nameOfNode(NODE));
const DISK_MB = 512;
const KEPT = `${DISK}-kept`;
const FILLER = join(DISK, 'filler');
const JMX_PORT = stack.ports.cassandra + 1;
const REPAIRABLE = [`-Dcassandra.jmx.local.port=${JMX_PORT}`];
const MEBIBYTE = Buffer.alloc(1 << 20);
let ring: StruckWorld;
let isMounted = false;

before(async () => {
  assert.equal(process.getuid?.(), 0, 'root alone may mount a small disk; run this test as root');
  ring = await openRing({ EPOCH_SECONDS: '86400' });
});
after(async () => {
  if (ring) await ring.close();
  if (!isMounted) return;
  // The node goes on with what it has, on the disk of the others: an empty copy would not be let in.
  await gone(NODE);
  cpSync(DISK, KEPT, { recursive: true });
  execFileSync('umount', ['--lazy', DISK]);
  rmSync(DISK, { recursive: true });
  renameSync(KEPT, DISK);
  await whole();
});

/** Starts the node with an empty folder in the place of the one that it was. */
async function replace(): Promise<void> {
  const file = join(confFolder(stack, 'cassandra'), `${nameOfNode(NODE)}.yaml`);
  writeFileSync(file, readFileSync(file, 'utf8').replace('auto_bootstrap: false', 'auto_bootstrap: true'));
  await startNode(NODE, {
    settings: [
      `-Dcassandra.replace_address_first_boot=${addressOfNode(NODE)}`,
      ...REPAIRABLE,
      // It must hear from the seed before it fetches: the two seconds of a new ring are too short on a busy machine.
      '-Dcassandra.ring_delay_ms=15000',
    ],
  });
}

async function repair(): Promise<void> {
  const daemon = daemonOf(nameOfNode(NODE));
  const args = ['-h', '127.0.0.1', '-p', String(JMX_PORT), 'repair', '--full', keyspaceOf(ring.world.config)];
  // It keeps a history in the home of its user.
  const tool = { ...daemon, settings: () => ['-Dcom.sun.jndi.rmiURLParsing=legacy', `-Duser.home=${stack.folder}`] };
  const program = { mainClass: 'org.apache.cassandra.tools.NodeTool', args };
  await promisify(execFile)(await findJava(), javaArgs(stack, tool, program), { maxBuffer: 1 << 26 });
}

test('a node whose disk was lost takes its place again, and no question is refused', { timeout: 600_000 }, async () => {
  await gone(NODE);
  rmSync(DISK, { recursive: true, force: true });
  mkdirSync(DISK);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', DISK]);
  isMounted = true;
  const replaced = await watch(ring, 5_000, replace());
  tell('a wiped node is replaced', replaced);
  await eventually(
    'a ring in which every node reaches all',
    () => cassandraRingReady(stack),
    (missing) => missing === undefined,
    60_000,
  );
  const repaired = await watch(ring, 0, repair());
  tell('the replaced node is repaired', repaired);
  assert.deepEqual([...replaced.faults, ...repaired.faults], []);
  assert.ok(replaced.grown > 0);
});

test('a full disk takes the node away and nothing else', { timeout: 600_000 }, async () => {
  const fill = (): void => {
    try {
      for (;;) appendFileSync(FILLER, MEBIBYTE);
    } catch (fault) {
      assert.equal((fault as NodeJS.ErrnoException).code, 'ENOSPC');
    }
  };
  fill();
  const isAway = async (): Promise<boolean> => {
    fill();
    return (await cassandraRingReady(stack)) !== undefined;
  };
  const seen = await watch(ring, 10_000, eventually('the node away', isAway, Boolean, 300_000));
  tell("a node's disk is full", seen);
  assert.deepEqual(seen.faults, []);
  assert.ok(seen.grown > 0);
  rmSync(FILLER);
  await gone(NODE);
  const start = async (): Promise<void> => {
    await startNode(NODE, { settings: REPAIRABLE });
    await whole();
  };
  const back = await watch(ring, 3_000, start());
  tell('the disk has room again', back);
  assert.deepEqual(back.faults, []);
});

test(
  'in the end every detection was counted once, and the node has every first-met row',
  { timeout: 600_000 },
  async () => {
    await ring.fed.stop();
    await assertExact(ring);
    // What others keep for a node that was away is lost with them when they are killed, as they are now.
    await repair();
    await Promise.all([gone(1), gone(2)]);
    const nodes = `${addressOfNode(NODE)}:${stack.ports.cassandra}`;
    const alone = await storesAt(ring.world.config, { CASSANDRA_CONSISTENCY: 'one', CASSANDRA_NODES: nodes });
    try {
      assert.deepEqual(await missingRows(alone, ring.fed.ids), []);
    } finally {
      await alone.close();
      await whole();
    }
    await readToTheEnd(ring);
    assert.equal((await ask(ring)).total, ring.fed.ids.size);
  },
);
