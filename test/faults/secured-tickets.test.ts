/**
 * Tickets of a minute, a KDC that is away for longer than they live, and servers that begin anew: the worker, serving
 * and the batch layer of a secured stack go on, each as its own user, and every detection counts once.
 *
 * The speed layer and serving are the same processes from the beginning to the end. A ticket is needed for each new
 * connection, so a restart of the region server, when all first tickets are over, shows that there are new ones.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { DaemonName } from '../../hadoop-compose/cluster/daemons.ts';
import { clusterStatus } from '../../hadoop-compose/cluster/status.ts';
import { clusterUp } from '../../hadoop-compose/cluster/up.ts';
import { environmentOf } from '../../hadoop-compose/secured/identity.ts';
import type { KafkaUser } from '../../hadoop-compose/secured/secrets.ts';
import { secretFile } from '../../hadoop-compose/secured/secrets.ts';
import { EXIT } from '../../core/process/errors.ts';
import { RunsAnswer, TrustAnswer } from '../../serving/answers.ts';
import type { AppProcess } from '../support/app-process.ts';
import { startApp } from '../support/app-process.ts';
import { eventually } from '../support/main-job.ts';
import { dropSecured, quiet, startSecured } from '../support/secured-life.ts';
import { answersOf, CHILD_LIMIT_MS, environmentWith, ROOT, run, securedStackIn } from '../support/secured-stack.ts';

const LIMIT = { timeout: 600_000 };
const TICKET_SECONDS = 60;
const AWAY_MS = (TICKET_SECONDS + 20) * 1_000;
const EPOCH_SECONDS = 20;
const COUNT_LIMIT_MS = 120_000;
const NIGHT_LIMIT_MS = 300_000;
const MOST_RUNS = 5;
const SHOWN_LIMIT_MS = 30_000;

const home = mkdtempSync(join(tmpdir(), 'sightline-tickets-'));
/** Beside the stack of the tests and the others of a test, and below the ports of outgoing connections. */
const stack = securedStackIn(home, 2_500);

describe('tickets of a minute', () => {
  let [worker, workerSaid]: [ChildProcess | undefined, string] = [undefined, ''];
  let app: AppProcess;
  let sent = 0;

  before(async () => {
    await startSecured(stack, home);
    const given = readFileSync(secretFile(stack, 'krb5.conf'), 'utf8');
    const line = `[libdefaults]\n  ticket_lifetime = ${TICKET_SECONDS}s\n`;
    writeFileSync(join(home, 'krb5.conf'), given.replace('[libdefaults]\n', line));
    worker = spawn(process.execPath, ['sightline.mjs', 'speed'], {
      cwd: ROOT,
      env: environmentWith(as('speed')),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    worker.stderr!.on('data', (chunk: Buffer) => (workerSaid += chunk.toString('utf8')));
    app = await startApp(as('serving'));
    await countSome();
  }, LIMIT);
  after(async () => {
    worker?.kill('SIGKILL');
    await app?.stop();
    await dropSecured(stack, home);
  }, LIMIT);

  const as = (user: KafkaUser): Record<string, string> => ({
    ...environmentOf(stack, user),
    KRB5_CONFIG: join(home, 'krb5.conf'),
    ...{ EPOCH_SECONDS: String(EPOCH_SECONDS), BATCH_MEMORY_MB: '512' },
  });

  /** Cameras publish; the worker counts all of it once, and serving shows it. */
  async function countSome(): Promise<void> {
    const words = ['sightline.mjs', 'produce', '--rate', '200', '--seconds', '3'];
    const { faults } = await run(words, environmentOf(stack, 'cameras'), CHILD_LIMIT_MS);
    sent += Number(/(\d+) detections and/.exec(faults)?.[1] ?? NaN);
    await eventually(
      `${sent} detections are counted and shown`,
      () => countedByApp(),
      (counted) => counted === sent,
      COUNT_LIMIT_MS,
    );
    assert.equal(worker!.exitCode, null, workerSaid);
  }

  async function askApp(path: string): Promise<unknown> {
    const answer = await fetch(app.address + path, { signal: AbortSignal.timeout(20_000) });
    assert.equal(answer.status, 200, path);
    return answer.json();
  }

  async function countedByApp(): Promise<number> {
    try {
      return TrustAnswer.parse(await askApp('/api/v1/trust')).tallies.new;
    } catch {
      return NaN;
    }
  }

  /**
   * Publishes every epoch that is over; `meanwhile` is done as soon as it runs. A run that a fault of HDFS breaks ends
   * with code 5, and whoever keeps the schedule starts it again.
   */
  async function night(meanwhile: () => Promise<void>): Promise<void> {
    await pause(EPOCH_SECONDS * 1_000);
    let [isOver, faults] = [false, ''];
    const runs = async (): Promise<void> => {
      for (let left = MOST_RUNS; left > 0; left--) {
        const ended = await run(['sightline.mjs', 'batch', 'run'], as('batch'), NIGHT_LIMIT_MS);
        faults += `code ${ended.code}\n${ended.faults}`;
        if (ended.code !== EXIT.dependency_down) return assert.ok(ended.code === 0 || ended.code === 3, faults);
      }
      throw new Error(faults);
    };
    await Promise.all([
      runs().finally(() => (isOver = true)),
      meanwhile().then(() => assert.ok(!isOver, `the runs ended before the servers were there:\n${faults}`)),
    ]);
    const published = await eventually(
      `${sent} detections are published, each once`,
      async () => RunsAnswer.parse(await askApp('/api/v1/runs?limit=100')).runs,
      (found) => found.reduce((sum, { rows }) => sum + rows, 0) === sent,
      SHOWN_LIMIT_MS,
    );
    assert.deepEqual([...new Set(published.map(({ result }) => result))], ['proved']);
  }

  async function kill(daemon: DaemonName): Promise<void> {
    const { pid } = (await clusterStatus(stack)).find((row) => row.daemon === daemon)!;
    process.kill(pid!, 'SIGKILL');
    await eventually(
      `${daemon} is gone`,
      async () => (await clusterStatus(stack)).find((row) => row.daemon === daemon)!.pid,
      (found) => found === null,
      30_000,
    );
  }

  const startAgain = async (): Promise<void> => {
    await clusterUp(stack, quiet);
  };

  it('a KDC that is away for longer than a ticket lives stops nobody who is signed in', LIMIT, async () => {
    await kill('kdc');
    await pause(AWAY_MS);
    await countSome();
  });

  it('a batch run that begins while the KDC is away waits for it', LIMIT, async () => {
    await night(async () => {
      const { 'hdfs read': said } = await answersOf(as('batch'), ['hdfs read']);
      assert.match(said!, /^Retryable: .*batch@SIGHTLINE\.LOCAL.*The KDC does not answer/s);
      await pause(15_000);
      await startAgain();
    });
  });

  it('a region server that begins anew is entered with new tickets', LIMIT, async () => {
    await kill('regionserver');
    await startAgain();
    await countSome();
  });

  it('a NameNode that begins anew in the middle of a batch run costs no epoch, and doubles none', LIMIT, async () => {
    await night(async () => {
      await pause(3_000);
      await kill('namenode');
      await startAgain();
    });
    await countSome();
  });

  it('and the worker ends as it was told, with nothing doubled', LIMIT, async () => {
    const ended = once(worker!, 'exit');
    worker!.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null], workerSaid);
    assert.equal(await countedByApp(), sent);
  });
});
