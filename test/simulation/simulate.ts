/**
 * One simulation of the speed layer and the seam, from a seed (laws L1 to L7).
 *
 * Invariant: whatever crashes, sleeps, fails or comes twice, every cell and row that is ever written is true, no answer of serving
 * differs from the truth of what it claims to include, and views, rows, tallies and dead letters end up as the truth has them.
 * Method: the real round, decision, caches, stores, layout, plan and merge on ports in memory, one call at a time in the order of
 * the seed; a rough time with everything going wrong, checked after each step, then a calm one in which the log is read to its end.
 */
import assert from 'node:assert/strict';
import { epochAt } from '../../core/domain/epoch.ts';
import { oid } from '../../core/domain/oid.ts';
import type { Rules } from '../../core/domain/rules.ts';
import { HOUR_MS } from '../../core/domain/time.ts';
import { found } from '../../core/stores/answers.ts';
import { controlStore } from '../../core/stores/control.ts';
import { detectionsStore } from '../../core/stores/detections.ts';
import { stepChecks } from './check.ts';
import type { FaultPlan } from './faults.ts';
import { EVERY_FAULT, faultsOf } from './faults.ts';
import { simulatedGroup } from './group.ts';
import { simulatedHBase } from './hbase.ts';
import { simulatedLog } from './log.ts';
import { dice } from './random.ts';
import { startSeam } from './seam.ts';
import { speedRows } from './speed-rows.ts';
import { START_MS, traffic } from './traffic.ts';
import { cellsOf, truthOf } from './truth.ts';
import { turns } from './turns.ts';
import { viewer } from './viewer.ts';
import { NAMESPACE, startWorker } from './worker.ts';
import type { LiveWorker, World } from './worker.ts';

const MOST_SLEEP_TURNS = 400;

export interface Outcome {
  readonly records: number;
  readonly counted: number;
  readonly answers: number;
  readonly faults: number;
  /** How often a worker ended, by where. */
  readonly ends: ReadonlyMap<string, number>;
}

/** Throws an AssertionError that names what differs. */
export async function simulate(seed: number, recordCount = 150, plan: FaultPlan = EVERY_FAULT): Promise<Outcome> {
  const world = newWorld(seed, plan);
  const { random, faults, log, group, order, truth } = world;
  const cameras = traffic(log, dice(seed, 'traffic'));
  const workers = new Map<string, LiveWorker>();
  const asleep = new Map<string, number>();
  const ends = new Map<string, number>();
  let failure: unknown = null;
  let born = 0;
  let sent = 0;
  let isRough = true;

  const start = (): void => {
    const worker = startWorker(world, `worker ${++born}`);
    workers.set(worker.who, worker);
    worker.ended.then(
      (how) => {
        workers.delete(worker.who);
        if (how === null) return;
        ends.set(how, (ends.get(how) ?? 0) + 1);
        start();
      },
      (thrown: unknown) => (failure ??= thrown),
    );
  };
  for (let i = 1 + random.below(3); i > 0; i--) start();
  const seam = startSeam(world);
  seam.ended.catch((thrown: unknown) => (failure ??= thrown));
  const person = viewer(world, seam);
  const checks = stepChecks(world);

  const isRead = (): boolean =>
    [...workers.values()].every(({ isInRound }) => !isInRound) &&
    log.partitions.every((_, partition) =>
      [...workers.values()].some(({ holdings }) => holdings.progress.get(partition)?.nextOffset === log.end(partition)),
    );
  const misfortune = (): void => {
    if (faults.strikes('time', 0.01)) {
      const { chance, below } = faults.dice('time');
      log.passTime(below(chance(0.1) ? 100 * HOUR_MS : 10 * HOUR_MS));
    }
    if (faults.strikes('rebalance', 0.01)) group.rebalance();
    if (faults.strikes('sleep', 0.01) && workers.size > 0) {
      const { pick, below, chance } = faults.dice('sleep');
      asleep.set(pick([...workers.keys()]), below(MOST_SLEEP_TURNS));
      if (chance(0.5)) group.rebalance();
    }
  };
  const each = async (): Promise<void> => {
    log.passTime(random.below(10));
    await checks.afterStep(seam.horizon());
    for (const [who, turnsLeft] of asleep) {
      if (turnsLeft > 1 && isRough) asleep.set(who, turnsLeft - 1);
      else asleep.delete(who);
    }
    if (!person.isAsking && random.chance(0.01)) person.ask().catch((thrown: unknown) => (failure ??= thrown));
    if (!isRough) return;
    if (random.chance(0.3) && sent++ < recordCount) cameras.send();
    if (random.chance(0.02)) world.hbase.deliverLate();
    misfortune();
    if (sent < recordCount) return;
    isRough = false;
    faults.end();
  };
  const isDone = (): boolean => failure !== null || (!isRough && !person.isAsking && isRead());
  await order.run(isDone, (who) => !asleep.has(who), each);
  if (failure) throw failure;
  world.hbase.deliverLate();
  await checks.afterStep(seam.horizon());

  await compare(world, seam.horizon());
  world.isOver = true;
  const counted = truth.met.filter(({ epoch, isDeferred }) => epoch > seam.horizon() && !isDeferred).length + seam.published(seam.horizon()).length;
  log.passTime(1_000);
  let total = -1;
  const asked = person.total().then((said) => (total = said));
  await order.run(() => total >= 0, (who) => who === 'viewer', async () => undefined);
  await asked;
  assert.equal(total, counted, 'batch and speed together');
  return { records: log.partitions.flat().length, counted, answers: person.answers, faults: faults.struck(), ends };
}

function newWorld(seed: number, plan: FaultPlan): World {
  const random = dice(seed);
  const faults = faultsOf(seed, plan);
  const partitionCount = 1 + random.below(4);
  const epochSeconds = random.pick([600, 21_600, 86_400]);
  const rules: Rules = {
    generation: 1,
    logLife: 1,
    epochSeconds,
    dedupWindowDays: 1,
    clockAheadDays: 1,
    partitionCount,
    firstEpoch: epochAt(START_MS, { epochSeconds }),
    firstOffsets: new Array<number>(partitionCount).fill(0),
  };
  const truth = truthOf(rules);
  const order = turns(dice(seed, 'turns'));
  const log = simulatedLog({ partitionCount, startMs: START_MS, random: dice(seed, 'log'), faults, appended: truth.take });
  const group = simulatedGroup(log, dice(seed, 'group'), faults, order);
  return { rules, random, faults, order, log, group, truth, hbase: simulatedHBase(), deadLetters: new Set(), isOver: false };
}

/** Everything that HBase and the dead-letter topic hold, once the log is read to its end. */
async function compare(world: World, horizon: number): Promise<void> {
  const { log, truth, deadLetters } = world;
  const hbase = world.hbase.client();
  const met = truth.met.filter(({ epoch, isDeferred }) => epoch > horizon && !isDeferred);
  const held = new Map<string, number>();
  const listed: string[] = [];
  for (const { partition, epoch, scope, hour, cells, listed: entries } of await speedRows(world)) {
    if (epoch <= horizon) continue;
    for (const { level, minute, subject, count } of cells) held.set([partition, epoch, scope, hour, level, minute, subject].join(' '), count);
    for (const { id, detectedAt } of entries) listed.push([epoch, scope, detectedAt, id].join(' '));
  }
  const wanted = new Map<string, number>();
  for (const cell of met.flatMap(cellsOf)) wanted.set(cell, (wanted.get(cell) ?? 0) + 1);
  assert.deepEqual(sorted(held), sorted(wanted), 'count cells');
  const wantedList = met.map(({ epoch, location, detectedAt, id }) => [epoch, location, detectedAt, id].join(' '));
  assert.deepEqual(listed.sort(), [...new Set(wantedList)].sort(), 'the list');

  const progress = await controlStore(hbase, NAMESPACE).progress(1, log.partitions.map((_, partition) => partition));
  for (const [partition, each] of progress.entries()) assert.equal(each!.nextOffset, log.end(partition), 'progress');
  const last = new Map(truth.met.map(({ id, partition, offset }) => [id, `${partition}/${offset}`]));
  const rows = found('detections', await detectionsStore(hbase, NAMESPACE).find([...last.keys()].map(oid)));
  assert.deepEqual(rows.map((row) => `${row?.partition}/${row?.offset}`), [...last.values()], 'first-met rows');
  assert.deepEqual([...deadLetters].sort(), [...truth.deadLetters].sort(), 'dead letters');
}

function sorted(map: ReadonlyMap<string, number>): [string, number][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
