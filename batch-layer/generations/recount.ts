/**
 * The speed layer's part of a rebuild: a worker of the new generation counts the records after its horizon (law L9).
 *
 * It is the ordinary worker, as a child process with a consumer group of its own; REBUILD_GENERATION tells it which
 * rules to follow. Its cells carry the new generation, so no answer uses them before the switch. When this process
 * ends, for whatever reason, the worker ends too.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BatchContext } from '../context.ts';
import type { Config } from '../../core/process/config.ts';
import { allPartitions } from '../../core/domain/growth.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { giveWay } from '../../core/process/give-way.ts';

const PROGRAM = fileURLToPath(new URL('../../sightline.mjs', import.meta.url));
const LOOK_EVERY_MS = 250;
/** If catching up took no longer than this, little is left to count, and the switch follows. */
const CLOSE_MS = 3_000;

/** Starts a worker, waits until it has caught up with the old generation, does `work`, then stops the worker. */
export async function recountWhile(
  config: Config,
  old: BatchContext,
  fresh: BatchContext,
  work: () => Promise<void>,
): Promise<void> {
  const { generation } = fresh.rules;
  const environment = {
    ...process.env,
    REBUILD_GENERATION: String(generation),
    KAFKA_GROUP: `${config.KAFKA_GROUP}.g${generation}`,
    METRICS_PORT: '0',
    LOG_LEVEL: 'warn',
  };
  const child = spawn(process.execPath, [PROGRAM, 'speed'], {
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  });
  if (child.pid !== undefined) giveWay(child.pid);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  try {
    for (let tookMs = Infinity; tookMs > CLOSE_MS;) {
      const began = performance.now();
      await waitUntilLevel(old, fresh, () => hasEnded);
      tookMs = performance.now() - began;
    }
    await work();
  } finally {
    await stop(child, ended);
  }
}

interface Counted extends Pick<BatchContext, 'rules'> {
  readonly control: Pick<BatchContext['control'], 'progress'>;
}
type Recounted = Counted & Pick<BatchContext, 'progressLine' | 'signal'>;

/** Waits until the new generation's progress is where the old one's was when this began. */
export async function waitUntilLevel(old: Counted, fresh: Recounted, hasEnded: () => boolean): Promise<void> {
  const partitions = allPartitions(fresh.rules);
  const target = await old.control.progress(old.rules.generation, partitions);
  let most = 0;
  for (;;) {
    const now = await fresh.control.progress(fresh.rules.generation, partitions);
    const behind = partitions.map((p) => Math.max(0, (target[p]?.nextOffset ?? 0) - (now[p]?.nextOffset ?? 0)));
    const left = behind.reduce((a, b) => a + b, 0);
    most = Math.max(most, left);
    fresh.progressLine.update('recount', most - left, 'records', most);
    if (left === 0) return;
    if (hasEnded()) {
      throw new Refusal(
        EXIT.dependency_down,
        'The worker of the new generation has ended; its messages are above. Run again to go on.',
      );
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal: fresh.signal });
  }
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 30_000);
  await ended;
  clearTimeout(late);
}
