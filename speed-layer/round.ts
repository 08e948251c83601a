/**
 * One round: the records that were delivered, all partitions together, become effects in one fixed order (law L1).
 *
 * worker.ts calls it with one round in flight. Nothing is decided unless every row that was asked for was answered, and
 * each step starts after the one before was acknowledged in full. A crash anywhere is repaired by reading again from
 * the progress:
 *
 *   1 strays, dead letters → Kafka   before: nothing happened. After: sent again on replay; a stray's second copy is a copy,
 *                                    a dead letter stands twice in its topic
 *   2 first-met rows → HBase         a replay finds a row that names its own record, and meets it first again
 *   3 count cells → HBase            a replay passes over offsets that a cell includes already
 *   4 cuts, progress → HBase         from here on nothing of this round is read again; a cut that was passed has its tallies first
 *   5 the group's offset → Kafka     follows for lag tools; nobody starts from it
 *
 * Rows before counts, because the list of a place names detections whose rows people then ask for; all before progress,
 * because what is behind it is never done again. Steps that failed are tried again with the same effects: all of them
 * are idempotent.
 */
import type { LogRecord } from '../core/domain/detection.ts';
import type { FirstMet } from '../core/domain/first-met.ts';
import type { Oid } from '../core/domain/oid.ts';
import type { Rules } from '../core/domain/rules.ts';
import type { Stamps } from '../core/domain/stamps.ts';
import type { Instant } from '../core/domain/time.ts';
import type { ControlStore } from '../core/stores/control/control.ts';
import type { DetectionsStore } from '../core/stores/tables/detections.ts';
import type { LogConsumer, LogProducer } from '../core/stores/kafka/types.ts';
import type { SpeedView } from '../core/stores/views/speed-view.ts';
import type { StampGate } from '../core/stores/control/stamp-gate.ts';
import type { Wait } from './admit.ts';
import type { CountRows } from './count-rows.ts';
import type { Effects, Judged } from './decide.ts';
import type { GrowthGate } from './growth.ts';
import type { Progress } from '../core/stores/control/progress-rows.ts';
import { epochOf } from '../core/domain/epoch.ts';
import { outcomeOf } from '../core/domain/first-met.ts';
import { hourRowsOf } from '../core/domain/hour-counts.ts';
import { runTogether } from '../core/process/together.ts';
import { requireAnswers } from '../core/stores/rows/answers.ts';
import { NOT_SETTLED } from '../core/stores/control/stamp-rows.ts';
import { admit } from './admit.ts';
import { decide } from './decide.ts';

/** Where a worker may die, for tests and the simulation. */
export type CrashPoint =
  | 'ids_looked_up'
  | 'count_rows_loaded'
  | 'decided'
  | 'strays_forwarded'
  | 'dead_letters_kept'
  | 'first_met_written'
  | 'counts_written'
  | 'progress_written'
  | 'offset_committed'
  | 'stopped_for_stamp'
  | 'stopped_for_growth';

export interface RoundPorts {
  readonly growth: GrowthGate;
  readonly stamps: StampGate;
  /** How many groups of partitions go through a round side by side: while HBase works for one, another is decided. */
  readonly lanes: number;
  readonly consumer: Pick<LogConsumer, 'commit' | 'hold'>;
  readonly producer: Pick<LogProducer, 'forward' | 'deadLetter'>;
  readonly detections: Pick<DetectionsStore, 'find' | 'put'>;
  readonly speedView: Pick<SpeedView, 'load' | 'put'>;
  readonly control: Pick<ControlStore, 'putProgress'>;
  /** Does a step until it succeeds, the worker is told to stop, or another lane has failed, which aborts `lane`. */
  persist<T>(step: () => Promise<T>, lane?: AbortSignal): Promise<T>;
  /** Nothing, or throws (tests). */
  reached(point: CrashPoint): void;
}

/** What this worker holds of its partitions; changed only when HBase acknowledged. */
export interface Holdings {
  readonly progress: Map<number, Progress>;
  readonly counts: CountRows;
  /** Delivered records that must wait, for a growth to begin or for their stamps, of at most one take a partition. */
  held: ReadonlyMap<number, readonly LogRecord[]>;
  /** The record of each partition that waits for its stamp. */
  ahead: ReadonlyMap<number, LogRecord>;
}

export interface Delivered {
  /** Per partition in the order of offsets. */
  readonly records: readonly LogRecord[];
  /** Where a partition was found to end. */
  readonly drained: ReadonlyMap<number, number>;
}

/**
 * Does what was delivered, in as many rounds as it takes; returns the effects of each partition's batches. Lanes share
 * no partition, so each goes through the order of effects for itself, as a worker that holds only these partitions
 * would. A lane that fails ends the waits of the others, and its fault is thrown when they have ended: the caller may
 * close what they work with.
 */
export async function runRound(
  ports: RoundPorts,
  holdings: Holdings,
  { records, drained }: Delivered,
): Promise<Effects[]> {
  const waiting = byPartition(holdings, records);
  const stamps = await settled(ports, holdings, waiting);
  const waits = new Map<number, Wait>();
  const lanes = Array.from({ length: ports.lanes }, (_, lane) => {
    const partitions = [...holdings.progress.keys()].filter((partition) => partition % ports.lanes === lane);
    return (failed: AbortSignal) => {
      const persist: RoundPorts['persist'] = (step) => ports.persist(step, failed);
      return runLane({ ...ports, persist }, holdings, partitions, { waiting, stamps, waits, drained });
    };
  });
  const effects = (await runTogether(lanes)).flat();
  holdings.counts.trim();
  await hold(ports, holdings, waiting, waits);
  return effects;
}

/** What must wait is kept, and no more of its partition is delivered meanwhile. */
async function hold(
  { growth, consumer, reached }: RoundPorts,
  holdings: Holdings,
  waiting: ReadonlyMap<number, readonly LogRecord[]>,
  waits: ReadonlyMap<number, Wait>,
): Promise<void> {
  if (holdings.held.size === 0 && [...waiting.values()].every((rest) => rest.length === 0)) return;
  holdings.held = new Map([...waiting].filter(([, rest]) => rest.length > 0));
  const waitFor = (what: Wait): number[] =>
    [...holdings.held.keys()].filter((partition) => waits.get(partition) === what);
  holdings.ahead = new Map(waitFor('stamp').map((partition) => [partition, holdings.held.get(partition)![0]!]));
  consumer.hold([...holdings.held.keys()]);
  // mutation: growth-waits
  const forGrowth = waitFor('growth');
  if (holdings.ahead.size > 0) reached('stopped_for_stamp');
  if (forGrowth.length === 0) return;
  reached('stopped_for_growth');
  await growth.stopped(forGrowth.map((partition) => holdings.progress.get(partition)!));
}

/** Settles, for everybody, the arrivals that are about to be decided, and the growths that hold for them. */
async function settled(
  { stamps, growth, persist }: RoundPorts,
  { progress }: Holdings,
  waiting: ReadonlyMap<number, readonly LogRecord[]>,
): Promise<ReadonlyMap<number, Stamps>> {
  let latest = 0;
  const asked = [...waiting].filter(([, records]) => records.length > 0);
  const works = asked.map(([partition, records]) => async (failed: AbortSignal): Promise<[number, Stamps]> => {
    const passage = await stamps.pass(partition, progress.get(partition)!.arrival, records, (step) =>
      persist(step, failed),
    );
    // mutation: settled-growth-reach
    latest = Math.max(latest, passage.reaches);
    return [partition, passage.stamps];
  });
  const passed = await runTogether(works);
  if (passed.length > 0) await growth.settle(latest as Instant);
  return new Map(passed);
}

interface Line {
  readonly waiting: Map<number, readonly LogRecord[]>;
  readonly stamps: ReadonlyMap<number, Stamps>;
  readonly waits: Map<number, Wait>;
  readonly drained: ReadonlyMap<number, number>;
}

async function runLane(
  ports: RoundPorts,
  holdings: Holdings,
  partitions: readonly number[],
  { waiting, stamps, waits, drained }: Line,
): Promise<Effects[]> {
  const all: Effects[] = [];
  for (let isOver = false; !isOver;) {
    const batches: Batch[] = [];
    isOver = true;
    for (const partition of partitions) {
      const progress = holdings.progress.get(partition)!;
      const records = waiting.get(partition) ?? [];
      const admitted = admit(
        progress,
        records,
        ports.growth.rules(),
        stamps.get(partition) ?? NOT_SETTLED,
        ports.growth.stopOf(progress),
      );
      const isLast = admitted.rest.length === 0;
      waiting.set(partition, admitted.rest);
      if (admitted.waitsFor) waits.set(partition, admitted.waitsFor);
      isOver &&= isLast || admitted.waitsFor !== null;
      // mutation: drained-end
      const drainedTo = isLast ? (drained.get(partition) ?? 0) : 0;
      if (admitted.batch.length > 0 || drainedTo > progress.nextOffset)
        batches.push({ progress, ...admitted, drainedTo });
    }
    if (batches.length === 0) continue;
    const effects = await decided(ports, holdings, batches);
    await write(ports, holdings, effects);
    all.push(...effects);
  }
  return all;
}

interface Batch {
  readonly progress: Progress;
  readonly batch: readonly Judged[];
  readonly drainedTo: number;
}

/** Learns what HBase knows of the batches, then decides each. */
async function decided(ports: RoundPorts, { counts }: Holdings, batches: readonly Batch[]): Promise<Effects[]> {
  const { growth, persist, reached } = ports;
  const rules = growth.rules();
  const ids = [...new Set(batches.flatMap(({ batch }) => idsAtHome(batch)))];
  const answers = await persist(async () => requireAnswers('detections', await ports.detections.find(ids)));
  const rows = new Map<Oid, FirstMet>();
  answers.forEach((row, i) => row && rows.set(ids[i]!, row));
  reached('ids_looked_up');

  for (const { progress, batch } of batches) {
    const { partition } = progress;
    const names = counts.missing(partition, rowsToCountIn(batch, rows, rules));
    const loaded = await persist(async () =>
      requireAnswers('speed_view', await ports.speedView.load(names, partition)),
    );
    names.forEach((name, i) => counts.keep(partition, name, loaded[i] ?? []));
  }
  reached('count_rows_loaded');

  const effects = batches.map(({ progress, batch, drainedTo }) =>
    decide({ progress, rows, counts: counts.known(progress.partition) }, batch, drainedTo, rules),
  );
  reached('decided');
  return effects;
}

/** The one order of effects. */
async function write(ports: RoundPorts, holdings: Holdings, effects: readonly Effects[]): Promise<void> {
  const { persist, reached } = ports;
  const strays = effects.flatMap((e) => e.strays);
  const deadLetters = effects.flatMap((e) => e.deadLetters);
  const firstMet = effects.flatMap((e) => e.firstMet);
  const counts = effects.flatMap((e) => e.counts);
  const cuts = effects.flatMap((e) => e.cuts);
  const progress = effects.map((e) => e.progress);

  // mutation: strays-send
  if (strays.length > 0) await persist(() => ports.producer.forward(strays));
  reached('strays_forwarded');
  if (deadLetters.length > 0) await persist(() => ports.producer.deadLetter(deadLetters));
  reached('dead_letters_kept');
  // mutation: rows-write
  await persist(() => ports.detections.put(firstMet));
  reached('first_met_written');
  // mutation: counts-write
  await persist(() => ports.speedView.put(counts));
  holdings.counts.apply(counts);
  reached('counts_written');
  // mutation: progress-write
  await persist(() => ports.control.putProgress(ports.growth.rules().generation, progress, cuts));
  for (const reachedBy of progress) {
    holdings.progress.set(reachedBy.partition, reachedBy);
    holdings.counts.enter(reachedBy.partition, epochOf(reachedBy.arrival, ports.growth.rules()));
  }
  reached('progress_written');
  ports.consumer.commit(progress.map(({ partition, nextOffset }) => ({ partition, offset: nextOffset })));
  reached('offset_committed');
}

/**
 * Records of partitions that this worker holds, those that wait first; others were revoked while they were on their
 * way.
 */
function byPartition(holdings: Holdings, records: readonly LogRecord[]): Map<number, readonly LogRecord[]> {
  const byPartition = new Map<number, LogRecord[]>();
  // mutation: held-records-first
  for (const [partition, held] of holdings.held)
    if (holdings.progress.has(partition)) byPartition.set(partition, [...held]);
  for (const record of records) {
    if (!holdings.progress.has(record.partition)) continue;
    const before = byPartition.get(record.partition);
    if (before) before.push(record);
    else byPartition.set(record.partition, [record]);
  }
  return byPartition;
}

function idsAtHome(batch: readonly Judged[]): Oid[] {
  return batch.flatMap(({ verdict }) => (verdict.kind === 'detection' ? [verdict.detection.id] : []));
}

/** Rows that the batch may count in: those of every detection that may be new. */
function* rowsToCountIn(batch: readonly Judged[], rows: ReadonlyMap<Oid, FirstMet>, rules: Rules) {
  for (const { record, arrival, verdict } of batch) {
    if (verdict.kind !== 'detection') continue;
    const { detection } = verdict;
    const { partition, offset } = record;
    const row = rows.get(detection.id) ?? null;
    const outcome = outcomeOf({ logLife: rules.logLife, partition, offset, arrival, detection }, row, rules);
    // mutation: count-rows-of-new
    if (outcome === 'new') yield* hourRowsOf(detection, epochOf(arrival, rules));
  }
}
