/**
 * One simulation of the speed layer and the seam, from a seed (laws L1 to L7).
 *
 * Invariant: whatever crashes, sleeps, fails or comes twice, the views, rows, tallies and dead letters end up as the naive count of
 * the log has them, and a total that was once answered never falls. Method: the real round, decision, caches, stores and layout on
 * ports in memory, one call at a time in the order of the seed; a rough time with everything going wrong, then a calm one in which
 * the log is read to its end; then everything that HBase holds is compared.
 */
import assert from 'node:assert/strict';
import { epochAt } from '../../core/domain/epoch.ts';
import { oid } from '../../core/domain/oid.ts';
import type { Rules } from '../../core/domain/rules.ts';
import { HOUR_MS } from '../../core/domain/time.ts';
import { found } from '../../core/stores/answers.ts';
import { controlStore } from '../../core/stores/control.ts';
import { detectionsStore } from '../../core/stores/detections.ts';
import { simulatedGroup } from './group.ts';
import { simulatedHBase } from './hbase.ts';
import { simulatedLog } from './log.ts';
import { naiveCount } from './naive.ts';
import type { NaiveCount } from './naive.ts';
import { dice } from './random.ts';
import { startSeam } from './seam.ts';
import { traffic } from './traffic.ts';
import { speedRows } from './speed-rows.ts';
import { turns } from './turns.ts';
import { NAMESPACE, startWorker } from './worker.ts';
import type { LiveWorker, World } from './worker.ts';

const START_MS = Date.UTC(2026, 10, 20);
const MOST_SLEEP_TURNS = 400;

export interface Outcome {
  readonly records: number;
  readonly counted: number;
  /** How often a worker ended, by where. */
  readonly ends: ReadonlyMap<string, number>;
}

/** Throws an AssertionError that names what differs. */
export async function simulate(seed: number, recordCount = 250): Promise<Outcome> {
  const world = newWorld(seed);
  const { random, log, group, order } = world;
  const cameras = traffic(log, random);
  const workers = new Map<string, LiveWorker>();
  const asleep = new Map<string, number>();
  const ends = new Map<string, number>();
  let failure: unknown = null;
  let born = 0;
  let sent = 0;

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

  const isRead = (): boolean =>
    [...workers.values()].every(({ isInRound }) => !isInRound) &&
    log.partitions.every((_, partition) =>
      [...workers.values()].some(({ holdings }) => holdings.progress.get(partition)?.nextOffset === log.end(partition)),
    );
  const each = (): void => {
    for (const [who, turnsLeft] of asleep) {
      if (turnsLeft > 1 && world.isRough) asleep.set(who, turnsLeft - 1);
      else asleep.delete(who);
    }
    if (!world.isRough) return;
    if (random.chance(0.3) && sent++ < recordCount) cameras.send();
    if (random.chance(0.01)) log.passTime(random.below(random.chance(0.1) ? 100 * HOUR_MS : 10 * HOUR_MS));
    if (random.chance(0.01)) group.rebalance();
    if (random.chance(0.02)) world.hbase.deliverLate();
    if (random.chance(0.01) && workers.size > 0) {
      asleep.set(random.pick([...workers.keys()]), random.below(MOST_SLEEP_TURNS));
      if (random.chance(0.5)) group.rebalance();
    }
    if (sent >= recordCount) world.isRough = false;
  };
  await order.run(() => failure !== null || (!world.isRough && isRead()), (who) => !asleep.has(who), each);
  if (failure) throw failure;
  world.hbase.deliverLate();

  const truth = naiveCount(log.partitions, world.rules);
  await compare(world, truth, seam.horizon());
  const counted = [...truth.counts.values()].reduce((a, b) => a + b, 0);
  assert.equal(await seam.readTotal(), counted, 'batch and speed together');
  world.isOver = true;
  return { records: log.partitions.flat().length, counted, ends };
}

function newWorld(seed: number): World {
  const random = dice(seed);
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
  const order = turns(random);
  const log = simulatedLog(partitionCount, START_MS, random);
  const group = simulatedGroup(log, random, order);
  return { rules, random, order, log, group, hbase: simulatedHBase(), deadLetters: new Set(), isRough: true, isOver: false };
}

async function compare(world: World, truth: NaiveCount, horizon: number): Promise<void> {
  const { log, deadLetters } = world;
  const hbase = world.hbase.client();
  const cells = new Map<string, number>();
  const listed: string[] = [];
  for (const { epoch, scope, hour, cells: found, listed: entries } of await speedRows(world)) {
    if (epoch <= horizon) continue;
    for (const { level, minute, subject, count } of found) add(cells, [epoch, scope, hour, level, minute, subject].join(' '), count);
    for (const { id, detectedAt } of entries) listed.push([epoch, scope, hour, detectedAt, id].join(' '));
  }
  assert.deepEqual(sorted(cells), sorted(cellsOf(truth, horizon)), 'count cells');
  assert.deepEqual(listed.sort(), [...truth.listed].filter((entry) => epochOfEntry(entry) > horizon).sort(), 'the list');

  const progress = await controlStore(hbase, NAMESPACE).progress(1, log.partitions.map((_, partition) => partition));
  for (const [partition, tally] of truth.tallies.entries()) {
    const { dead_letters_by_reason: reasons, ...kept } = progress[partition]!.tallies;
    assert.deepEqual(kept, tally, `tallies of partition ${partition}`);
    assert.equal(Object.values(reasons).reduce((a, b) => a + b, 0), tally.dead_letters, 'dead letters by reason');
    assert.equal(progress[partition]!.nextOffset, log.end(partition));
  }
  const ids = [...truth.firstMet.keys()];
  const rows = found('detections', await detectionsStore(hbase, NAMESPACE).find(ids.map(oid)));
  assert.deepEqual(rows.map((row) => `${row?.partition}/${row?.offset}`), [...truth.firstMet.values()], 'first-met rows');
  assert.deepEqual([...deadLetters].sort(), [...truth.deadLetters].sort(), 'dead letters');
  const sentHome = new Set(log.partitions.flat().flatMap((record) => record?.headers.map(([, value]) => value?.toString()) ?? []));
  assert.deepEqual([...truth.strays].filter((stray) => !sentHome.has(stray)), [], 'strays that did not come home');
}

/** Every cell of every level that the naive counts ask for, beyond the horizon. */
function cellsOf({ counts }: NaiveCount, horizon: number): Map<string, number> {
  const cells = new Map<string, number>();
  for (const [cell, count] of counts) {
    const [epoch, place, minuteSince1970, ...words] = cell.split(' ');
    const item = words.join(' ');
    if (Number(epoch) <= horizon) continue;
    const hour = Math.floor(Number(minuteSince1970) / 60);
    const minute = Number(minuteSince1970) % 60;
    for (const scope of [place, 'all']) {
      add(cells, [epoch, scope, hour, 'minute_item', minute, item].join(' '), count);
      add(cells, [epoch, scope, hour, 'hour_item', 0, item].join(' '), count);
      add(cells, [epoch, scope, hour, 'minute', minute, ''].join(' '), count);
    }
    add(cells, [epoch, 'all', hour, 'minute_place', minute, place].join(' '), count);
    add(cells, [epoch, 'all', hour, 'hour_place', 0, place].join(' '), count);
  }
  return cells;
}

function add(to: Map<string, number>, key: string, count: number): void {
  to.set(key, (to.get(key) ?? 0) + count);
}

function sorted(map: ReadonlyMap<string, number>): [string, number][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

const epochOfEntry = (entry: string): number => Number(entry.split(' ', 1)[0]);
