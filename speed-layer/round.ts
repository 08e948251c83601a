/**
 * One round: the records that were delivered, all partitions together, become effects in one fixed order (law L1).
 *
 * worker.ts calls it, one round at a time. A round decides only after HBase has answered for every row, and each step
 * starts after the step before is acknowledged in full. After a crash anywhere a worker reads again from the progress:
 *
 *   1 strays, dead letters → Kafka   before: nothing happened. After: sent again on replay; a stray's second copy
 * is a copy,
 *                                    a dead letter stands twice in its topic
 *   2 first-met rows → HBase         a replay finds a row that names its own record, and decides the same
 *   3 count cells → HBase            a replay skips offsets that a cell includes already; in doubt (core/domain/doubt.ts)
 *                                    their rows get a mark in the same write
 *   4 cuts, progress → HBase         no replay reads this round again; the tallies of a cut are written before the
 * progress
 *   5 the group's offset → Kafka     follows for lag tools; no worker starts from it
 *
 * Rows come before counts, because the list of a place names detections whose rows people then ask for. The progress
 * comes last, because no worker repeats what lies before it. A round repeats a failed step with the same effects: all
 * effects are idempotent.
 */
import type { LogRecord } from '../core/domain/detection.ts';
import type { FirstMet } from '../core/domain/first-met.ts';
import type { HourRowName } from '../core/domain/hour-counts.ts';
import type { Oid } from '../core/domain/oid.ts';
import type { Rules } from '../core/domain/rules.ts';
import type { Stamps } from '../core/domain/stamps.ts';
import type { Instant } from '../core/domain/time.ts';
import type { Wait } from './admit.ts';
import type { ClassifiedRecord, Effects } from './decide.ts';
import type { Delivered, Holdings, RoundPorts } from './round-ports.ts';
import type { Progress } from '../core/stores/control/progress-rows.ts';
import { epochOf } from '../core/domain/epoch.ts';
import { outcomeOf } from '../core/domain/first-met.ts';
import { hourRowNames } from '../core/domain/hour-counts.ts';
import { runTogether } from '../core/process/together.ts';
import { requireAnswers } from '../core/stores/rows/answers.ts';
import { NOT_SETTLED } from '../core/stores/control/stamp-rows.ts';
import { admit } from './admit.ts';
import { decideBatch } from './decide.ts';
import { announceDoubts, markedCounts, withDoubts } from './round-doubts.ts';

/**
 * Carries out what was delivered, in as many batches as it takes; returns the effects of each batch. Lanes share no
 * partition, so each lane goes through the order of effects by itself, like a worker that holds only its partitions. A
 * lane that fails ends the waits of the others. `runRound` throws its fault when all lanes have ended, so the caller
 * may close what they work with.
 */
export async function runRound(
  ports: RoundPorts,
  holdings: Holdings,
  { records, drained }: Delivered,
): Promise<Effects[]> {
  const waiting = groupByPartition(holdings, records);
  const stamps = await settleArrivals(ports, holdings, waiting);
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
  await holdWaiting(ports, holdings, waiting, waits);
  return effects;
}

/** Keeps the records that must wait. The consumer delivers no more of their partitions meanwhile. */
async function holdWaiting(
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

/** Settles, for all readers, the arrivals that this round decides, and the growths that hold for them. */
async function settleArrivals(
  { stamps, growth, persist }: RoundPorts,
  { progress }: Holdings,
  waiting: ReadonlyMap<number, readonly LogRecord[]>,
): Promise<ReadonlyMap<number, Stamps>> {
  let latest = 0;
  const toSettle = [...waiting].filter(([, records]) => records.length > 0);
  const works = toSettle.map(([partition, records]) => async (failed: AbortSignal): Promise<[number, Stamps]> => {
    const passage = await stamps.pass(partition, progress.get(partition)!.arrival, records, (step) =>
      persist(step, failed),
    );
    // mutation: settled-growth-reach
    latest = Math.max(latest, passage.reaches);
    return [partition, passage.stamps];
  });
  const settled = await runTogether(works);
  if (settled.length > 0) await growth.settle(latest as Instant);
  return new Map(settled);
}

/** The records of a lane, and what they wait for. */
interface LaneWork {
  readonly waiting: Map<number, readonly LogRecord[]>;
  readonly stamps: ReadonlyMap<number, Stamps>;
  readonly waits: Map<number, Wait>;
  readonly drained: ReadonlyMap<number, number>;
}

async function runLane(
  ports: RoundPorts,
  holdings: Holdings,
  partitions: readonly number[],
  { waiting, stamps, waits, drained }: LaneWork,
): Promise<Effects[]> {
  const all: Effects[] = [];
  for (let isOver = false; !isOver;) {
    const batches: Batch[] = [];
    isOver = true;
    for (const partition of partitions) {
      const progress = holdings.progress.get(partition)!;
      const records = waiting.get(partition) ?? [];
      const delivery = {
        progress,
        records,
        stamps: stamps.get(partition) ?? NOT_SETTLED,
        stop: ports.growth.stopOf(progress),
      };
      const admitted = admit(delivery, ports.growth.rules());
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
    const weakBefore = ports.certainty.weakAnswers();
    const effects = await decideBatches(ports, holdings, batches);
    await write(ports, holdings, effects, weakBefore);
    all.push(...effects);
  }
  return all;
}

interface Batch {
  readonly progress: Progress;
  readonly batch: readonly ClassifiedRecord[];
  readonly drainedTo: number;
}

/** Reads what HBase knows of the batches, then decides each. */
async function decideBatches(ports: RoundPorts, { counts }: Holdings, batches: readonly Batch[]): Promise<Effects[]> {
  const { growth, persist, reached } = ports;
  const rules = growth.rules();
  const ids = idsAtHome(batches);
  const answers = await persist(async () => requireAnswers('detections', await ports.detections.find(ids)));
  const rows = new Map<Oid, FirstMet>();
  answers.forEach((row, i) => row && rows.set(ids[i]!, row));
  reached('ids_looked_up');

  for (const { progress, batch } of batches) {
    const { partition } = progress;
    const names = counts.missing(partition, countRowNames(batch, rows, rules));
    const loaded = await persist(async () =>
      requireAnswers('speed_view', await ports.speedView.load(names, partition)),
    );
    names.forEach((name, i) => counts.keep(partition, name, loaded[i] ?? []));
  }
  reached('count_rows_loaded');

  const effects = batches.map(({ progress, batch, drainedTo }) =>
    decideBatch({ progress, rows, counts: counts.known(progress.partition) }, batch, drainedTo, rules),
  );
  reached('decided');
  return effects;
}

/** The one order of effects. `weakBefore`: how many answers were weak before the first question of these effects. */
async function write(
  ports: RoundPorts,
  holdings: Holdings,
  effects: readonly Effects[],
  weakBefore: number,
): Promise<void> {
  const { persist, reached } = ports;
  const strays = effects.flatMap((e) => e.strays);
  const deadLetters = effects.flatMap((e) => e.deadLetters);
  const firstMet = effects.flatMap((e) => e.firstMet);
  const cuts = effects.flatMap((e) => e.cuts);

  // mutation: doubt-announced
  await announceDoubts(ports, holdings, effects, weakBefore);
  // mutation: strays-send
  if (strays.length > 0) await persist(() => ports.producer.forward(strays));
  reached('strays_forwarded');
  if (deadLetters.length > 0) await persist(() => ports.producer.deadLetter(deadLetters));
  reached('dead_letters_kept');
  // mutation: rows-write
  await persist(() => ports.detections.put(firstMet));
  reached('first_met_written');
  const counts = markedCounts(ports, holdings, effects, weakBefore);
  // mutation: counts-write
  await persist(() => ports.speedView.put(counts));
  holdings.counts.apply(counts);
  reached('counts_written');
  const isWeak = ports.certainty.weakAnswers() > weakBefore;
  const progress = effects.map((e) => withDoubts(holdings.progress.get(e.progress.partition), e, isWeak));
  // mutation: progress-write
  await persist(() => ports.control.putProgress(ports.growth.rules().generation, progress, cuts));
  for (const each of progress) {
    holdings.progress.set(each.partition, each);
    holdings.counts.enter(each.partition, epochOf(each.arrival, ports.growth.rules()));
  }
  reached('progress_written');
  ports.consumer.commit(progress.map(({ partition, nextOffset }) => ({ partition, offset: nextOffset })));
  reached('offset_committed');
}

/**
 * Records by partition, those that wait first. Leaves out partitions that the group revoked while their records were on
 * the way.
 */
function groupByPartition(holdings: Holdings, records: readonly LogRecord[]): Map<number, readonly LogRecord[]> {
  const groups = new Map<number, LogRecord[]>();
  // mutation: held-records-first
  for (const [partition, held] of holdings.held) if (holdings.progress.has(partition)) groups.set(partition, [...held]);
  for (const record of records) {
    if (!holdings.progress.has(record.partition)) continue;
    const group = groups.get(record.partition);
    if (group) group.push(record);
    else groups.set(record.partition, [record]);
  }
  return groups;
}

/** Each once. */
function idsAtHome(batches: readonly Batch[]): Oid[] {
  const ids = new Set<Oid>();
  for (const { batch } of batches)
    for (const { verdict } of batch) if (verdict.kind === 'detection') ids.add(verdict.detection.id);
  return [...ids];
}

/** Names of the count rows that the batch may change: those of every detection that may be new. */
function countRowNames(
  batch: readonly ClassifiedRecord[],
  rows: ReadonlyMap<Oid, FirstMet>,
  rules: Rules,
): readonly HourRowName[] {
  const names = hourRowNames();
  for (const { record, arrival, verdict } of batch) {
    if (verdict.kind !== 'detection') continue;
    const { detection } = verdict;
    const { partition, offset } = record;
    const row = rows.get(detection.id) ?? null;
    const outcome = outcomeOf({ logLife: rules.logLife, partition, offset, arrival, detection }, row, rules);
    // mutation: count-rows-of-new
    if (outcome === 'new') names.add(detection, epochOf(arrival, rules));
  }
  return names.all;
}
