/**
 * The one Serving of this process, created from the environment by its first use.
 *
 * It is a property of the global object, because Next.js loads modules once for each bundle and again after a change; a
 * second set of connections and caches would be neither closed nor shared.
 */
import type { Serving } from './app.ts';
import { readConfig } from '../../core/process/config.ts';
import { createLog } from '../../core/process/log.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { openStores } from '../../core/stores/open.ts';
import { currentAccess } from '../access/current.ts';
import { createServing } from './app.ts';
import { rulesToServe } from './rules-to-serve.ts';
import { servingMetrics } from '../metrics.ts';

const SERVING_KEY = Symbol.for('sightline.serving');
/**
 * Timeouts of one call, and of an operation with its retries or a silent HDFS: short, because a quick error is better
 * than a long wait.
 */
const CALL_TIMEOUT_MS = 3_000;
const OPERATION_TIMEOUT_MS = 5_000;
const SNAPSHOT_FRESH_FOR_MS = 250;
const SNAPSHOT_USABLE_FOR_MS = 1_000;

type Holder = { [SERVING_KEY]?: Serving | undefined };

export function currentServing(): Serving {
  const holder = globalThis as Holder;
  return (holder[SERVING_KEY] ??= fromEnvironment());
}

/** Ends the open streams, so that the server can close. */
export function endStreams(): void {
  (globalThis as Holder)[SERVING_KEY]?.streams.endAll();
}

/** Closes the serving of this process, if it exists. */
export async function closeServing(): Promise<void> {
  const holder = globalThis as Holder;
  const current = holder[SERVING_KEY];
  holder[SERVING_KEY] = undefined;
  await current?.close();
}

function fromEnvironment(): Serving {
  const config = readConfig();
  const metrics = servingMetrics();
  return createServing({
    config,
    open: () =>
      openStores(config, {
        callTimeoutMs: CALL_TIMEOUT_MS,
        operationTimeoutMs: OPERATION_TIMEOUT_MS,
        mayBeWeak: true,
        rules: rulesToServe,
        onHBaseEvent: ({ kind }) => metrics.countHBaseEvent(kind),
      }),
    hdfs: hdfs(config, { idleLimitMs: OPERATION_TIMEOUT_MS }),
    metrics,
    log: createLog('serving', config.LOG_LEVEL),
    now: Date.now,
    gate: currentAccess().gate,
    audit: currentAccess().audit,
    snapshotFreshForMs: SNAPSHOT_FRESH_FOR_MS,
    snapshotUsableForMs: SNAPSHOT_USABLE_FOR_MS,
  });
}
