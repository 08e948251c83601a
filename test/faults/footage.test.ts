/**
 * Footage under fire: twenty files a second for two minutes and a film of 200 MB, while the agent is killed ten times,
 * and Flume, the DataNode and the NameNode once each; then a gateway whose disk the cameras fill.
 *
 * At the end HDFS serves exactly what was handed over, nothing twice, each file byte for byte. The full disk is a file
 * system in memory, which only root may mount.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { DaemonName } from '../../hadoop-compose/cluster/daemons.ts';
import { pidOf } from '../../hadoop-compose/cluster/processes.ts';
import { footageFolder, stackFrom } from '../../hadoop-compose/stack/stack.ts';
import { eventually, sightline } from '../support/main-job.ts';
import type { Gateway } from './gateway.ts';
import { openGateway } from './gateway.ts';

const FILES_PER_SECOND = 20;
const SECONDS = 120;
const AGENT_KILLS_AT = [8, 14, 27, 41, 52, 61, 66, 88, 99, 113];
const FLUME_KILL_AT = 20;
const DAEMON_KILLS_AT: Readonly<Record<number, DaemonName>> = { 34: 'datanode', 76: 'namenode' };
const FILM_AT = 46;
const FILM_BYTES = 200_000_000;

const SMALL_DISK_MB = 400;
const MB = 1 << 20;

const stack = stackFrom();

before(async () => {
  assert.equal((await sightline(['cluster', 'up'])).code, 0);
});

after(() => sightline(['cluster', 'down']));

/** Kills ten agents: an agent that was killed needs some seconds until the next one runs. */
async function killAgents(gateway: Gateway, beganMs: number): Promise<void> {
  let killed: number | undefined;
  for (const second of AGENT_KILLS_AT) {
    await pause(Math.max(0, beganMs + second * 1_000 - Date.now()));
    const pid = await eventually(
      'another agent runs',
      async () => gateway.agentPid(),
      (found) => found !== undefined && found !== killed,
      60_000,
    );
    process.kill(pid!, 'SIGKILL');
    killed = pid;
  }
}

async function strike(gateway: Gateway, second: number): Promise<void> {
  if (second === FLUME_KILL_AT) for (const pid of gateway.flumes()) process.kill(pid, 'SIGKILL');
  const daemon = DAEMON_KILLS_AT[second];
  if (daemon === undefined) return;
  process.kill(pidOf(stack, daemon)!, 'SIGKILL');
  // The region server cannot write its log without HDFS and may die a little later, so that one try fails.
  await eventually(
    'the stack is up again',
    () => sightline(['cluster', 'up']),
    ({ code }) => code === 0,
    180_000,
  );
}

/** The fault of a strike, or null: it is thrown when all have been carried out. */
function settled(work: Promise<void>): Promise<unknown> {
  return work.then(
    () => null,
    (fault: unknown) => fault,
  );
}

test('what cameras hand over is in HDFS once, whatever is killed', { timeout: 1_800_000 }, async (run) => {
  const gateway = await openGateway(stack, footageFolder(stack), { FOOTAGE_GREATEST_MB: '256' });
  try {
    const beganMs = Date.now();
    const strikes: Promise<unknown>[] = [settled(killAgents(gateway, beganMs))];
    for (let number = 0; number < FILES_PER_SECOND * SECONDS; number++) {
      if (number % FILES_PER_SECOND === 0) strikes.push(settled(strike(gateway, number / FILES_PER_SECOND)));
      const isFilm = number === FILM_AT * FILES_PER_SECOND;
      gateway.handOver(number, isFilm ? FILM_BYTES : 20_000 + ((number * 7_919) % 80_000));
      await pause(Math.max(0, beganMs + ((number + 1) * 1_000) / FILES_PER_SECOND - Date.now()));
    }
    for (const fault of await Promise.all(strikes)) if (fault !== null) throw fault;
    const handedOverMs = Date.now();
    const files = await gateway.assertServed();
    const compared_after_s = Math.round((Date.now() - handedOverMs) / 1_000);
    run.diagnostic(JSON.stringify({ files, deaths: gateway.deaths, compared_after_s }));
    assert.ok(gateway.deaths.length >= AGENT_KILLS_AT.length, gateway.deaths.join(', '));
  } finally {
    await gateway.stop();
  }
});

test(
  'a disk that cameras fill is emptied, and what they could hand over arrives',
  { timeout: 900_000 },
  async (run) => {
    const disk = mkdtempSync(join(tmpdir(), 'sightline-full-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_DISK_MB}m`, 'tmpfs', disk]);
    const folder = join(disk, 'footage');
    let gateway: Gateway | null = null;
    try {
      gateway = await openGateway(stack, folder, { FOOTAGE_GREATEST_MB: '4' });
      let refusals = 0;
      for (let number = 0, endMs = Date.now() + 20_000; Date.now() < endMs; number++) {
        try {
          gateway.handOver(number, MB);
        } catch (fault) {
          assert.equal((fault as NodeJS.ErrnoException).code, 'ENOSPC');
          refusals++;
          await pause(100);
        }
      }
      const handedOverMs = Date.now();
      const files = await gateway.assertServed();
      const compared_after_s = Math.round((Date.now() - handedOverMs) / 1_000);
      run.diagnostic(JSON.stringify({ files, refusals, deaths: gateway.deaths, compared_after_s }));
      assert.ok(refusals > 0, 'the disk was full');
      assert.match(
        readFileSync(join(stack.folder, 'logs', 'footage-agent.log'), 'utf8'),
        /the agent delivers in place of Flume[^]*Flume delivers again/,
      );
    } finally {
      await gateway?.stop();
      execFileSync('umount', [disk]);
      rmSync(disk, { recursive: true });
    }
  },
);
