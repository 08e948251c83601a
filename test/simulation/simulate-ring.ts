/**
 * One simulation of a worker and of answers on three replicas, from a seed: CASSANDRA_CONSISTENCY=one
 * (core/domain/doubt.ts).
 *
 * Invariant: an answer that is not provisional has every count that its progress promises and none that the log
 * does not hold; one that is provisional is right outside of the time that it names as doubtful. In the end, with all
 * nodes back and the span read again, only doubtful minutes may differ. Method: the real round, its start, memory and
 * doubts, and the real snapshot of serving, on replicas of which all but one may be down at any call; the worker dies
 * at any step.
 */
import assert from 'node:assert/strict';
import type { LogRecord } from '../../core/domain/detection.ts';
import { homeOf } from '../../core/domain/home.ts';
import { oid } from '../../core/domain/oid.ts';
import { instant, LAST_INSTANT } from '../../core/domain/time.ts';
import { countRows } from '../../speed-layer/count-rows.ts';
import { partitionHooks } from '../../speed-layer/partitions.ts';
import { rereadDoubts } from '../../speed-layer/reread.ts';
import type { CrashPoint, Holdings } from '../../speed-layer/round-ports.ts';
import { runRound } from '../../speed-layer/round.ts';
import { dice } from './random.ts';
import { simulatedRing } from './ring.ts';
import { answer } from './ring-answer.ts';
import type { Scene } from './ring-scene.ts';
import { NAMESPACE, PARTITIONS, portsOf, RULES, START_MS } from './ring-scene.ts';

class Crash extends Error {}

export interface RingOutcome {
  readonly records: number;
  readonly answers: number;
  readonly provisional: number;
  readonly crashes: number;
  readonly rereadings: number;
  /** Minutes that were wrong in the end, and in doubt. */
  readonly wrong: number;
}

export async function simulateRing(seed: number, records = 120): Promise<RingOutcome> {
  const random = dice(seed, 'ring');
  const scene: Scene = {
    random,
    crashes: random.pick([0.01, 0.06]),
    ring: simulatedRing(dice(seed, 'nodes')),
    log: Array.from({ length: PARTITIONS }, () => []),
    told: { answers: 0, provisional: 0, crashes: 0, rereadings: 0 },
  };
  const cameras = camerasOf(scene);
  let worker = await startWorker(scene);
  for (let sent = 0; sent < records;) {
    for (let i = 1 + random.below(4); i > 0; i--, sent++) cameras();
    await scene.ring.chance();
    await worker.client.probe();
    if (!(await worker.round(true))) worker = await startWorker(scene);
    if (random.chance(0.3)) await answer(scene);
  }
  await scene.ring.heal();
  for (let i = 0; i < 10 || !worker.isDone(); i++) {
    assert.ok(i < 200, 'the log is read to its end, and no span stays open');
    await worker.client.probe();
    await worker.round(false);
    await answer(scene);
  }
  const wrong = await answer(scene, true);
  return { records, ...scene.told, wrong };
}

/**
 * Detections of two hours, so that not every hour is in doubt, a third of them copies; the log's clock and the
 * cameras' are one.
 */
function camerasOf({ random, log }: Scene): () => void {
  let clockMs = START_MS;
  let serial = 0;
  const sent: { id: string; at: number }[] = [];
  return () => {
    clockMs += random.below(120_000);
    const isCopy = sent.length > 0 && random.chance(0.35);
    const detection = isCopy
      ? sent[Math.max(0, sent.length - 1 - random.below(25))]!
      : { id: String(++serial * 7_919), at: clockMs };
    if (!isCopy) sent.push(detection);
    const records = log[homeOf(oid(detection.id), PARTITIONS)]!;
    const text =
      `{"geographical_location_oid":1,"video_camera_oid":5,"detection_oid":${detection.id},"item_name":"car",` +
      `"timestamp_detected":${detection.at}}`;
    const partition = homeOf(oid(detection.id), PARTITIONS);
    const place = { partition, offset: records.length, stamp: clockMs };
    records.push({ ...place, key: null, value: Buffer.from(text), headers: [] });
  };
}

export async function startWorker(scene: Scene) {
  const { random, ring, log, told } = scene;
  const client = ring.client();
  const { certainty } = client;
  const { control, detections, view } = portsOf(client);
  const holdings: Holdings = { progress: new Map(), counts: countRows(10_000), held: new Map(), ahead: new Map() };
  const position = new Map<number, number>();
  const comesAgain: number[] = [];
  let mayCrash = false;
  const persist = <T>(step: () => Promise<T>): Promise<T> => step();
  const admin = { ends: async () => log.map((all, partition) => ({ partition, low: 0, high: all.length })) };
  const hooks = partitionHooks({ topic: NAMESPACE, rules: RULES, control, admin, persist, certainty }, holdings);
  const ports = {
    ...{ certainty, control, detections, speedView: view, persist, lanes: 1 },
    growth: {
      ...{ rules: () => RULES, settle: async () => RULES, stopOf: () => instant(LAST_INSTANT) },
      ...{ stopped: async () => undefined, waitingFor: () => null, forget: () => undefined },
    },
    stamps: {
      pass: async () => ({
        ...{ reaches: instant(0), ahead: null },
        stamps: { settled: instant(LAST_INSTANT), corrections: [] },
      }),
      forget: () => undefined,
    },
    consumer: {
      hold: () => undefined,
      commit: () => undefined,
      again: (partitions: readonly number[]) => void comesAgain.push(...partitions),
    },
    producer: { forward: async () => undefined, deadLetter: async () => undefined },
    reached(point: CrashPoint) {
      scene.reached?.(point);
      if (mayCrash && random.chance(scene.crashes)) throw new Crash();
    },
  };
  const assign = async (partitions: readonly number[]): Promise<void> => {
    for (const { partition, offset } of await hooks.assigned(partitions)) position.set(partition, offset);
  };
  await assign(log.map((_, partition) => partition));
  const take = (): LogRecord[] =>
    [...position].flatMap(([partition, from]) => {
      const to = Math.min(log[partition]!.length, from + random.below(6));
      position.set(partition, to);
      return log[partition]!.slice(from, to);
    });
  return {
    client,
    hasCountedAll: () =>
      [...holdings.progress.values()].every(({ partition, nextOffset }) => nextOffset === log[partition]!.length),
    /** Nothing is left to read or to read again. */
    isDone: () =>
      [...holdings.progress.values()].every(
        ({ partition, nextOffset, doubts }) =>
          nextOffset === log[partition]!.length && (doubts?.at(-1)?.state ?? 'reread') === 'reread',
      ),
    /** False if the worker died. */
    async round(crashes: boolean): Promise<boolean> {
      mayCrash = crashes;
      try {
        const again = comesAgain.splice(0);
        if (again.length > 0) {
          told.rereadings++;
          await hooks.revoked(again);
          await assign(again);
        }
        await runRound(ports, holdings, { records: take(), drained: new Map() });
        rereadDoubts(ports, holdings);
        return true;
      } catch (thrown) {
        if (!(thrown instanceof Crash)) throw thrown;
        told.crashes++;
        return false;
      }
    },
  };
}
