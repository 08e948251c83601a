/**
 * A worker ends with its first fault, whatever its lanes wait for; and says what it waits for while it may go on (L1).
 */
import assert from 'node:assert/strict';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import type { LogRecord } from '../../../core/domain/detection.ts';
import { instant, LAST_INSTANT } from '../../../core/domain/time.ts';
import { EXIT, Refusal, Retryable } from '../../../core/process/errors.ts';
import { createLog } from '../../../core/process/log.ts';
import { WORKER_RETRY } from '../../../core/process/retry.ts';
import { countRows } from '../../../speed-layer/count-rows.ts';
import type { Holdings } from '../../../speed-layer/round-ports.ts';
import type { WorkerPorts } from '../../../speed-layer/worker.ts';
import { ALWAYS_SURE } from '../../../core/stores/room/certainty.ts';
import { patience, runWorker } from '../../../speed-layer/worker.ts';
import { idsAt, progressOf, record, RULES, SETTLED_GATE } from './records.ts';

const PACE = { lingerMs: 1, roundRecords: 10, watchEveryMs: 5 };
const nothing = async (): Promise<void> => undefined;

/** A worker of two partitions, one a lane, with a record for each. */
function worker(changes: Partial<WorkerPorts>) {
  const failure = new AbortController();
  const stop = new AbortController();
  const waits = patience(createLog('test', 'silent'), () => undefined, AbortSignal.any([stop.signal, failure.signal]));
  const holdings: Holdings = {
    progress: new Map([0, 1].map((p) => [p, progressOf(p)])),
    counts: countRows(1_000),
    held: new Map<number, LogRecord[]>(),
    ahead: new Map(),
  };
  const records = [0, 1].map((partition) => record(0, { id: idsAt(partition, 1)[0]!, partition }));
  const ports: WorkerPorts = {
    certainty: ALWAYS_SURE,
    growth: {
      rules: () => RULES,
      settle: async () => RULES,
      stopOf: () => instant(LAST_INSTANT),
      stopped: nothing,
      forget: () => undefined,
      waitingFor: () => null,
    },
    stamps: SETTLED_GATE,
    lanes: 2,
    consumer: {
      take: async () => records,
      drained: () => new Map(),
      hold: () => undefined,
      commit: () => undefined,
      ends: () => new Map(),
      close: nothing,
    },
    producer: { forward: nothing, deadLetter: nothing },
    detections: { find: async (ids) => ids.map(() => ({ status: 'absent' })), put: nothing },
    speedView: { load: async (names) => names.map(() => ({ status: 'absent' })), put: nothing },
    control: { putProgress: nothing, announceDoubt: nothing },
    metrics: { round: () => undefined },
    reached: () => undefined,
    watch: nothing,
    persist: waits.persist,
    ...changes,
  };
  return { waits, stop, ended: runWorker(ports, { holdings, pace: PACE, signal: stop.signal, failure }) };
}

test("a lane that fails ends the other one's wait, and the worker with its own words", async () => {
  let tries = 0;
  let refuse = (): void => undefined;
  const refuses = new Promise<void>((resolve) => (refuse = resolve));
  const put: WorkerPorts['detections']['put'] = async (rows) => {
    if (rows[0]!.partition === 1) {
      await refuses;
      throw new Refusal(EXIT.usage, 'HBase refuses this user');
    }
    tries += 1;
    throw new Retryable('HBase', 'the client was closed');
  };
  const find: WorkerPorts['detections']['find'] = async (ids) => ids.map(() => ({ status: 'absent' }));
  const { ended, waits } = worker({ detections: { find, put } });
  while (waits.waitingFor() === null) await turn();
  assert.match(waits.waitingFor() ?? '', /waiting for HBase: the client was closed/);
  refuse();
  await assert.rejects(ended, { message: 'HBase refuses this user' });
  const triesThen = tries;
  // Longer than the first wait between two tries.
  await sleep(WORKER_RETRY.firstDelayMs + 20);
  assert.equal(tries, triesThen, 'no lane is left that tries again');
  assert.equal(waits.waitingFor(), null);
});

test('what the watch finds ends a round that waits for ever', async () => {
  let looks = 0;
  const watch = async (): Promise<void> => {
    looks += 1;
    if (looks > 10) throw new Refusal(EXIT.data_check_failed, 'the topic was deleted');
    throw new Retryable('Kafka', 'away');
  };
  const find = async (): Promise<never> => {
    throw new Retryable('HBase', 'away');
  };
  const { ended } = worker({ watch, detections: { find, put: nothing } });
  await assert.rejects(ended, { message: 'the topic was deleted' });
});

test('a worker that is told to stop ends quietly, also while it waits', async () => {
  const find = async (): Promise<never> => {
    throw new Retryable('HBase', 'away');
  };
  const { ended, stop, waits } = worker({ detections: { find, put: nothing } });
  while (waits.waitingFor() === null) await turn();
  stop.abort();
  await assert.doesNotReject(ended);
  assert.equal(waits.waitingFor(), null);
});

test('a lane that goes on does not hide that another one waits', async () => {
  const stop = new AbortController();
  const { persist, waitingFor } = patience(createLog('test', 'silent'), () => undefined, stop.signal);
  const away = persist(async () => {
    throw new Retryable('Kafka', 'no leader');
  });
  let tries = 0;
  await persist(async () => {
    if (++tries < 2) throw new Retryable('HBase', 'moving');
  });
  assert.equal(waitingFor(), 'waiting for Kafka: no leader');
  stop.abort();
  await assert.rejects(away);
  assert.equal(waitingFor(), null);
});

test('a fault that follows from what the watch finds is told as that', async () => {
  const put = async (): Promise<void> => {
    throw new Refusal(EXIT.usage, 'HBase refuses: NoSuchColumnFamilyException');
  };
  const find: WorkerPorts['detections']['find'] = async (ids) => ids.map(() => ({ status: 'absent' }));
  const endedWith = async (found: Error | null): Promise<unknown> => {
    const watch = async (): Promise<void> => {
      if (found) throw found;
    };
    return worker({ watch, detections: { find, put } }).ended.catch((fault: unknown) => fault);
  };
  const switched = new Refusal(EXIT.dependency_down, 'A rebuild has switched from generation 1 to 2');
  assert.equal(await endedWith(switched), switched);
  for (const found of [null, new Retryable('Kafka', 'away')]) {
    const fault = await endedWith(found);
    assert.ok(fault instanceof Refusal && fault.exitCode === EXIT.usage, String(fault));
  }
});
