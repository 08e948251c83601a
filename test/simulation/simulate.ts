/**
 * One simulation of the speed layer and the publisher, from a seed (laws L1 to L7).
 *
 * Invariant: whatever crashes, sleeps, fails or comes twice, every cell and row that is ever written is true, no answer
 * of serving differs from the truth of what it claims to include, and views, rows, tallies and dead letters end up as
 * the truth has them. Method: the real round, decision, caches, stores, layout, plan and merge on ports in memory, one
 * call at a time in the order of the seed; a rough time with everything going wrong, checked after each step, then a
 * calm one in which the log is read to its end.
 */
import assert from 'node:assert/strict';
import { epochAt } from '../../core/domain/epoch.ts';
import { oid } from '../../core/domain/oid.ts';
import { HOUR_MS } from '../../core/domain/time.ts';
import { requireAnswers } from '../../core/stores/rows/answers.ts';
import { controlStore } from '../../core/stores/control/control.ts';
import { detectionsStore } from '../../core/stores/tables/detections.ts';
import type { LogRecord } from '../../core/domain/detection.ts';
import { stepChecks } from './check.ts';
import { simulatedClocks } from './clocks.ts';
import type { StepChecks } from './check.ts';
import { crewOf } from './crew.ts';
import type { Crew } from './crew.ts';
import type { FaultPlan } from './faults.ts';
import { EVERY_FAULT, faultsOf } from './faults.ts';
import { generationIn, rulesOfSeed, sharedHBase } from './generations.ts';
import { startGrower } from './grower.ts';
import { simulatedGroup } from './group.ts';
import { simulatedHBase } from './hbase.ts';
import { simulatedLog } from './log.ts';
import { dice } from './random.ts';
import { startOperator } from './operator.ts';
import { startRebuilding } from './rebuilder.ts';
import { publisherOf } from './publisher.ts';
import type { Publisher } from './publisher.ts';
import { speedRows } from './speed-rows.ts';
import { START_MS, traffic } from './traffic.ts';
import { cellsOf, truthOf } from './truth.ts';
import { turns } from './turns.ts';
import { viewer } from './viewer.ts';
import type { Viewer } from './viewer.ts';
import { NAMESPACE } from './worker.ts';
import type { World } from './worker.ts';

const MOST_SLEEP_TURNS = 400;

export interface Outcome {
  readonly records: number;
  readonly counted: number;
  readonly answers: number;
  readonly faults: number;
  /**
   * How many growths of the topic were in force in the end, and how many records first met their id after the first.
   */
  readonly growths: number;
  readonly metAfterGrowth: number;
  /** How many rebuilds switched to another generation. */
  readonly rebuilds: number;
  /** How often a reader was first to wait before a stamp, and what was corrected. */
  readonly holds: number;
  readonly corrections: number;
  readonly correctedRecords: number;
  /** How often a worker ended, by where. */
  readonly ends: ReadonlyMap<string, number>;
}

/** A generation and everybody who works for it. */
interface Side {
  readonly world: World;
  readonly crew: Crew;
  readonly publisher: Publisher;
  readonly person: Viewer;
  readonly checks: StepChecks;
}

/** Throws an AssertionError that names what differs. */
export async function simulate(seed: number, recordCount = 150, plan: FaultPlan = EVERY_FAULT): Promise<Outcome> {
  const { base, worlds } = newWorld(seed, plan);
  const { random, faults, log, order } = base;
  const cameras = traffic(log, dice(seed, 'traffic'));
  const metadata = dice(seed, 'metadata');
  const asleep = new Map<string, number>();
  const ends = new Map<string, number>();
  let failure: unknown = null;
  let sent = 0;
  let isRough = true;

  const failed = (thrown: unknown): void => void (failure ??= thrown);
  const sides = worlds.map((world): Side => {
    const crew = crewOf(world, { ended: (how) => void ends.set(how, (ends.get(how) ?? 0) + 1), failed });
    const publisher = publisherOf(world);
    return { world, crew, publisher, person: viewer(world, publisher), checks: stepChecks(world) };
  });
  const [old, fresh] = sides as [Side, Side | undefined];
  /** The generation that holds. */
  let held = old;
  const startCrew = ({ crew }: Side): void => {
    for (let i = 1 + random.below(3); i > 0; i--) crew.start();
  };
  startCrew(old);
  startGrower(old.world, fresh !== undefined).catch(failed);
  startOperator(base).catch(failed);
  old.publisher.live().catch(failed);
  const rebuilding =
    fresh &&
    startRebuilding({
      old,
      fresh,
      recount: () => fresh.crew.start(),
      switchOver() {
        held = fresh;
        startCrew(fresh);
        fresh.publisher.live().catch(failed);
      },
      retireOld: () => old.crew.retire(),
    });
  rebuilding?.ended.catch(failed);

  const misfortune = (): void => {
    if (faults.strikes('time', 0.01)) {
      const { chance, below } = faults.dice('time');
      log.passTime(below(chance(0.1) ? 100 * HOUR_MS : 10 * HOUR_MS));
    }
    const { group } = rebuilding?.isUnderWay() && faults.dice('rebalance').chance(0.5) ? fresh!.world : held.world;
    if (faults.strikes('rebalance', 0.01)) group.rebalance();
    const workers = sides.flatMap(({ crew }) => [...crew.workers.keys()]);
    if (faults.strikes('sleep', 0.01) && workers.length > 0) {
      const { pick, below, chance } = faults.dice('sleep');
      asleep.set(pick(workers), below(MOST_SLEEP_TURNS));
      if (chance(0.5)) group.rebalance();
    }
  };
  const checkStep = async (): Promise<void> => {
    for (const { checks, publisher } of sides) await checks.afterStep(publisher.horizon());
  };
  const beforeTurn = async (): Promise<void> => {
    log.passTime(random.below(10));
    if (metadata.chance(0.01)) for (const { world } of sides) world.group.discover();
    await checkStep();
    for (const [who, turnsLeft] of asleep) {
      if (turnsLeft > 1 && isRough) asleep.set(who, turnsLeft - 1);
      else asleep.delete(who);
    }
    if (!held.person.isAsking && random.chance(0.01)) held.person.ask().catch(failed);
    if (!isRough) return;
    if (random.chance(0.3) && sent++ < recordCount) cameras.send();
    if (random.chance(0.02)) {
      base.hbase.deliverLate();
      await checkStep();
    }
    misfortune();
    if (sent < recordCount) return;
    isRough = false;
    faults.end();
  };
  const isBusy = (): boolean => rebuilding?.isUnderWay() === true || sides.some(({ person }) => person.isAsking);
  const isDone = (): boolean => failure !== null || (!isRough && !isBusy() && held.crew.isRead());
  const reached = (): number =>
    sent +
    sides.reduce((sum, { crew, publisher }) => sum + crew.read() + publisher.horizon() - old.world.rules.firstEpoch, 0);
  await order.run({ isDone, mayAct: (who) => !asleep.has(who), beforeTurn, reached });
  if (failure) throw failure;
  base.hbase.deliverLate();
  await checkStep();

  const { world, publisher, person } = held;
  await compare(world, publisher.horizon());
  base.isOver = true;
  const counted =
    world.truth.met.filter(({ epoch, isDeferred }) => epoch > publisher.horizon() && !isDeferred).length +
    publisher.published(publisher.horizon()).length;
  log.passTime(1_000);
  let isAnswered = false;
  const asked = person.total().finally(() => (isAnswered = true));
  // It may be refused while its turns are taken; it is thrown below.
  asked.catch(() => undefined);
  await order.run({
    isDone: () => isAnswered,
    mayAct: (who) => who.startsWith('viewer'),
    beforeTurn: async () => undefined,
    reached: () => 0,
  });
  assert.equal(await asked, counted, 'batch and speed together');
  const answers = sides.reduce((sum, each) => sum + each.person.answers, 0);
  const rebuilds = held === old ? 0 : 1;
  return {
    records: log.partitions.flat().length,
    counted,
    answers,
    faults: faults.struck(),
    ...world.truth.grown(),
    rebuilds,
    ...world.truth.corrected(),
    holds: held.checks.holds(),
    ends,
  };
}

/** The world of the generation that holds first, and that of the one that a rebuild makes, if the seed has one. */
function newWorld(seed: number, plan: FaultPlan): { base: World; worlds: World[] } {
  const random = dice(seed);
  const faults = faultsOf(seed, plan);
  const partitionCount = 1 + random.below(4);
  const epochSeconds = random.pick([600, 21_600, 86_400]);
  const { rules, next } = rulesOfSeed(
    {
      generation: 1,
      logLife: 1,
      epochSeconds,
      dedupWindowDays: 1,
      clockAheadDays: 1,
      partitionCount,
      firstEpoch: epochAt(START_MS, { epochSeconds }),
      firstOffsets: new Array<number>(partitionCount).fill(0),
    },
    dice(seed, 'rules'),
    faults,
  );
  const generations = next ? [rules, next] : [rules];
  const truths = generations.map(truthOf);
  const appended = (partition: number, record: LogRecord | null): void =>
    truths.forEach((truth) => truth.take(partition, record));
  const clocks = simulatedClocks(faults);
  const order = turns(dice(seed, 'turns'));
  const log = simulatedLog({ partitionCount, startMs: START_MS, random: dice(seed, 'log'), faults, clocks, appended });
  const hbase = simulatedHBase();
  const groups = generations.map(({ generation }) =>
    simulatedGroup(log, dice(seed, generation === 1 ? 'group' : `group ${generation}`), faults, order),
  );
  const base: World = {
    ...{
      rules,
      random,
      dice: (stream: string) => dice(seed, stream),
      faults,
      clocks,
      order,
      log,
      group: groups[0]!,
      truth: truths[0]!,
      hbase,
    },
    ...{ deadLetters: new Set<string>(), isOver: false, rowsSince: 0 },
  };
  const shared = sharedHBase(hbase, generations);
  const worlds = generations.map((of, i) =>
    generationIn(base, { rules: of, truth: truths[i]!, group: groups[i]!, hbase: shared[i]! }),
  );
  return { base, worlds };
}

/** Everything that HBase and the dead-letter topic hold, once the log is read to its end. */
async function compare(world: World, horizon: number): Promise<void> {
  const { log, truth, deadLetters, rules } = world;
  const hbase = world.hbase.client();
  const met = truth.met.filter(({ epoch, isDeferred }) => epoch > horizon && !isDeferred);
  const held = new Map<string, number>();
  const listed: string[] = [];
  for (const { partition, epoch, scope, hour, cells, listed: entries } of await speedRows(world)) {
    if (epoch <= horizon) continue;
    for (const { level, minute, subject, count } of cells)
      held.set([partition, epoch, scope, hour, level, minute, subject].join(' '), count);
    for (const { id, detectedAt } of entries) listed.push([epoch, scope, detectedAt, id].join(' '));
  }
  const wanted = new Map<string, number>();
  for (const cell of met.flatMap(cellsOf)) wanted.set(cell, (wanted.get(cell) ?? 0) + 1);
  assert.deepEqual(sorted(held), sorted(wanted), 'count cells');
  const wantedList = met.map(({ epoch, location, detectedAt, id }) => [epoch, location, detectedAt, id].join(' '));
  assert.deepEqual(listed.sort(), [...new Set(wantedList)].sort(), 'the list');

  const progress = await controlStore(hbase, NAMESPACE).progress(
    rules.generation,
    log.partitions.map((_, partition) => partition),
  );
  for (const [partition, each] of progress.entries())
    assert.equal(each?.nextOffset ?? 0, log.end(partition), 'progress');
  const kept = truth.met.filter(({ arrival }) => arrival >= world.rowsSince);
  const last = new Map(kept.map(({ id, partition, offset }) => [id, `${partition}/${offset}`]));
  const rows = requireAnswers(
    'detections',
    await detectionsStore(hbase, NAMESPACE, rules).find([...last.keys()].map(oid)),
  );
  assert.deepEqual(
    rows.map((row) => `${row?.partition}/${row?.offset}`),
    [...last.values()],
    'first-met rows',
  );
  assert.deepEqual([...deadLetters].sort(), [...truth.deadLetters].sort(), 'dead letters');
}

function sorted(map: ReadonlyMap<string, number>): [string, number][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
