/**
 * The one Serving of this process, made from the environment when it is first asked for.
 *
 * It hangs on the global object, because Next.js loads modules once for each bundle and again after a change, and a
 * second set of connections and caches would be neither closed nor shared.
 */
import type { Serving } from './app.ts';
import { readConfig } from '../../core/process/config.ts';
import { createLog } from '../../core/process/log.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { openStores } from '../../core/stores/open.ts';
import { currentAccess } from '../access/current.ts';
import { createServing } from './app.ts';
import { servingMetrics } from '../metrics.ts';

const HELD = Symbol.for('sightline.serving');
/** A viewer would rather hear "not now" than wait: a call, and an operation with its retries or a silence of HDFS. */
const CALL_TIMEOUT_MS = 3_000;
const OPERATION_TIMEOUT_MS = 5_000;
const SNAPSHOT_FRESH_FOR_MS = 250;
const SNAPSHOT_USABLE_FOR_MS = 1_000;

type Holder = { [HELD]?: Serving | undefined };

export function currentServing(): Serving {
  const holder = globalThis as Holder;
  return (holder[HELD] ??= fromEnvironment());
}

/** Ends the open streams, so that nothing long keeps the server from closing. */
export function endStreams(): void {
  (globalThis as Holder)[HELD]?.streams.endAll();
}

/** Closes what was opened, if anything was. */
export async function closeServing(): Promise<void> {
  const holder = globalThis as Holder;
  const held = holder[HELD];
  holder[HELD] = undefined;
  await held?.close();
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
        onHBaseEvent: ({ kind }) => metrics.hbaseEvent(kind),
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
