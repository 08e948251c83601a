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
import type { Epoch } from '../../core/domain/epoch.ts';
import type { LogRecord } from '../../core/domain/detection.ts';
import type { Rules } from '../../core/domain/rules.ts';
import { homeOf } from '../../core/domain/home.ts';
import { oid } from '../../core/domain/oid.ts';
import { HOUR_MS, instant, LAST_INSTANT, MINUTE_MS } from '../../core/domain/time.ts';
import { withRecentRows } from '../../core/stores/cassandra/recent-rows.ts';
import { controlOf } from '../../core/stores/control/control.ts';
import { requireAnswers } from '../../core/stores/rows/answers.ts';
import { jsonCells } from '../../core/stores/rows/json-cells.ts';
import { detectionsStore } from '../../core/stores/tables/detections.ts';
import { speedView } from '../../core/stores/views/speed-view.ts';
import { countRows } from '../../speed-layer/count-rows.ts';
import { partitionHooks } from '../../speed-layer/partitions.ts';
import { rereadDoubts } from '../../speed-layer/reread.ts';
import { runRound } from '../../speed-layer/round.ts';
import type { Holdings } from '../../speed-layer/round-ports.ts';
import { snapshotReader } from '../../serving/snapshot/snapshot.ts';
import { viewOf } from '../../serving/counts/counts.ts';
import type { Dice } from './random.ts';
import { dice } from './random.ts';
import type { RingClient, SimulatedRing } from './ring.ts';
import { simulatedRing } from './ring.ts';

const PARTITIONS = 2;
const START_MS = Date.UTC(2026, 10, 20, 12);
const RULES: Rules = {
  ...{ generation: 1, logLife: 1, epochSeconds: 86_400, dedupWindowDays: 2, clockAheadDays: 1 },
  ...{ partitionCount: PARTITIONS, firstEpoch: START_MS / 86_400_000 - 0.5, firstOffsets: [0, 0] },
};
const EPOCH = RULES.firstEpoch as Epoch;
const NAMESPACE = 'sim';

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

interface Scene {
  readonly random: Dice;
  readonly ring: SimulatedRing;
  /** How often a step of a round is the worker's last. */
  readonly crashes: number;
  readonly log: LogRecord[][];
  readonly told: { answers: number; provisional: number; crashes: number; rereadings: number };
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

const portsOf = ({ rows, facts }: RingClient) => {
  const cells = jsonCells(facts, `${NAMESPACE}:control`);
  return {
    control: controlOf(cells, cells, { mayDoubt: true }),
    detections: withRecentRows(detectionsStore(rows, NAMESPACE, RULES), 2),
    view: speedView(rows, NAMESPACE, RULES),
  };
};

async function startWorker(scene: Scene) {
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
    reached() {
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

/**
 * Asks as a process of serving that has just begun, and holds the answer to the truth. Returns how many minutes
 * were wrong.
 */
async function answer({ ring, log, told }: Scene, isLast = false): Promise<number> {
  const client = ring.client();
  const { control, view } = portsOf(client);
  const now = START_MS + HOUR_MS;
  const snapshots = snapshotReader(
    {
      control: { ...control, horizon: async () => null, forgetting: async () => null },
      admin: { newestEnds: async () => log.map(({ length }) => length) },
      rules: RULES,
      store: { name: 'Cassandra', certainty: client.certainty },
    },
    { now: () => now, freshForMs: 0 },
  );
  const snapshot = await snapshots.current();
  const counted = await minutesIn(view);
  const { provisional, in_doubt: doubt } = viewOf(
    snapshot,
    { version: null, nameOf: new Map() } as unknown as Parameters<typeof viewOf>[1],
    now,
    { window: { from: 0, to: Number.MAX_SAFE_INTEGER } },
  );
  told.answers++;
  if (provisional) told.provisional++;
  const least = truthOf(log, (partition) => snapshot.progress[partition]!.nextOffset);
  const most = truthOf(log, (partition) => log[partition]!.length);
  let wrong = 0;
  for (const minute of new Set([...counted.keys(), ...most.keys()])) {
    const said = counted.get(minute) ?? 0;
    const [from, to] = [least.get(minute) ?? 0, most.get(minute) ?? 0];
    if (said >= from && said <= to) continue;
    wrong++;
    const isDoubtful = doubt !== undefined && minute + MINUTE_MS > doubt.from && minute < doubt.to;
    assert.ok(
      isDoubtful,
      `minute ${minute} has ${said} instead of ${from} to ${to}, and was not announced as doubtful`,
    );
  }
  if (isLast) assert.equal(client.certainty.weakAnswers(), 0);
  return wrong;
}

async function minutesIn(view: ReturnType<typeof speedView>): Promise<Map<number, number>> {
  const minutes = new Map<number, number>();
  const hour = START_MS / HOUR_MS;
  const names = [0, 1, 2, 3].map((more) => ({ group: 'all' as const, epoch: EPOCH, hour: hour + more }));
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const rows = requireAnswers('speed_view', await view.load(names, partition));
    rows.forEach((cells, at) => {
      for (const { kind, minutes: counts } of cells ?? []) {
        if (kind !== 'total') continue;
        for (let i = 0; i < counts.length; i += 2) {
          const minute = names[at]!.hour * HOUR_MS + counts[i]! * MINUTE_MS;
          minutes.set(minute, (minutes.get(minute) ?? 0) + counts[i + 1]!);
        }
      }
    });
  }
  return minutes;
}

/** New detections by minute, of the records before these offsets. */
function truthOf(log: readonly (readonly LogRecord[])[], before: (partition: number) => number): Map<number, number> {
  const minutes = new Map<number, number>();
  log.forEach((records, partition) => {
    const seen = new Set<string>();
    for (const { value } of records.slice(0, before(partition))) {
      const [, id, at] = /"detection_oid":(\d+).*"timestamp_detected":(\d+)/.exec(value!.toString())!;
      if (seen.has(id!)) continue;
      seen.add(id!);
      const minute = Number(at) - (Number(at) % MINUTE_MS);
      minutes.set(minute, (minutes.get(minute) ?? 0) + 1);
    }
  });
  return minutes;
}
