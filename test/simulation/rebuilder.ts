/**
 * Somebody who rebuilds by other rules in the middle of everything: the steps of `batch rebuild`, killed anywhere and
 * begun again.
 *
 *   epochs of the new rules · its first-met rows │ lock of the lake · both again · progress · workers that count on │
 *   switch
 *
 * The old generation works and publishes all the while, and its workers go on for some time after the switch. What the
 * archive would give is taken from the truth of the new generation; which rows and epochs a new generation needs is
 * asked of the product.
 */
import assert from 'node:assert/strict';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { Tallies } from '../../core/domain/tallies.ts';
import type { Instant } from '../../core/domain/time.ts';
import { HOUR_MS } from '../../core/domain/time.ts';
import { Retryable } from '../../core/process/errors.ts';
import { controlStore } from '../../core/stores/control/control.ts';
import { detectionsStore } from '../../core/stores/tables/detections.ts';
import { epochsInForce, inForceSince, lastWholeEpoch } from '../../batch-layer/epochs/first-epoch.ts';
import type { Publisher } from './publisher.ts';
import type { Met } from './truth.ts';
import { NAMESPACE } from './worker.ts';
import type { World } from './worker.ts';

export interface Rebuilding {
  /** A rebuild was begun and is not done: nothing may be called finished before it is. */
  isUnderWay(): boolean;
  readonly ended: Promise<void>;
}

export interface Sides {
  readonly old: { world: World; publisher: Publisher };
  readonly fresh: { world: World; publisher: Publisher };
  /** Starts workers of the new generation, which count on from its progress. */
  recount(): void;
  switchOver(): void;
  /** The workers of the old generation hear of the switch. */
  retireOld(): void;
}

const SELF = 'rebuilder';
const ROWS_AT_ONCE = 7;

class Killed extends Error {}

export function startRebuilding(sides: Sides): Rebuilding {
  let isUnderWay = false;
  const live = async (): Promise<void> => {
    const { order, faults, log } = sides.old.world;
    const random = sides.old.world.dice('rebuilder');
    const wait = async (turns: number): Promise<void> => {
      for (let left = random.below(turns); left > 0; left--) await order.turn(SELF);
    };
    await wait(60);
    while (!isRebuildable(sides)) await order.turn(SELF);
    isUnderWay = true;
    const begun = { isRecounting: false };
    while (!(await isDone(sides, begun))) {
      await wait(30);
      // An epoch of the new rules may last until long after the last record, and nobody else lets time pass any more.
      if (faults.areOver()) log.passTime(HOUR_MS);
    }
    sides.switchOver();
    isUnderWay = false;
    await wait(200);
    sides.retireOld();
    sides.old.publisher.release();
  };
  return { isUnderWay: () => isUnderWay, ended: live() };
}

/** What is not rebuildable is refused before a rebuild is recorded. */
function isRebuildable({ old, fresh }: Sides): boolean {
  const epoch = old.publisher.horizon() as Epoch;
  return epoch >= old.world.rules.firstEpoch && lastWholeEpoch({ epoch }, old.world.rules, fresh.world.rules) !== null;
}

/** One try. */
async function isDone(sides: Sides, begun: { isRecounting: boolean }): Promise<boolean> {
  const { old, fresh } = sides;
  const { order, faults } = old.world;
  const turn = async (): Promise<void> => {
    await order.turn(SELF);
    if (faults.strikes('rebuild_crash', 0.01)) throw new Killed();
  };
  const hbase = old.world.hbase.client(turn, faults);
  const control = controlStore(hbase, NAMESPACE);
  const rows = detectionsStore(hbase, NAMESPACE, fresh.world.rules);
  try {
    const seeded = await catchUp(null);
    if (seeded === null) return false;
    await old.publisher.hold(turn);
    await catchUp(seeded);
    await beginProgress();
    if (!begun.isRecounting) sides.recount();
    begun.isRecounting = true;
    await reached();
    return true;
  } catch (fault) {
    old.publisher.release();
    if (fault instanceof Killed || fault instanceof Retryable) return false;
    throw fault;
  }

  /**
   * Publishes what the old horizon covers, and writes first-met rows of the epochs behind `seeded`; returns the last
   * epoch.
   */
  async function catchUp(seeded: Epoch | null): Promise<Epoch | null> {
    const { world, publisher } = fresh;
    const horizon = (await control.horizon(old.world.rules.generation))!;
    const last = lastWholeEpoch(horizon, old.world.rules, world.rules);
    if (last === null) return null;
    await publisher.publishUpTo(last, turn);
    const wanted = new Set<number>(
      epochsInForce(last, world.rules).filter((epoch) => seeded === null || epoch > seeded),
    );
    world.rowsSince = inForceSince(last, world.rules);
    const met = world.truth.met.filter(({ epoch, arrival }) => wanted.has(epoch) && arrival >= world.rowsSince);
    for (let at = 0; at < met.length; at += ROWS_AT_ONCE)
      await rows.put(met.slice(at, at + ROWS_AT_ONCE).map((each) => rowOf(each, world)));
    return last;
  }

  /**
   * Where the horizon is; what lies before it is decided by the old generation's workers, who keep its dead letters and
   * strays.
   */
  async function beginProgress(): Promise<void> {
    const { generation } = fresh.world.rules;
    const { cuts } = (await control.horizon(generation))!;
    await untilPassed(old.world.rules.generation, cuts);
    const { truth } = fresh.world;
    await control.putProgress(
      generation,
      cuts.map((cut, partition) => ({
        partition,
        nextOffset: cut,
        arrival: truth.arrival(partition, cut) as Instant,
        tallies: talliesOf(truth.tally(partition, cut)),
      })),
    );
  }

  async function reached(): Promise<void> {
    const partitions = fresh.world.log.partitions.map((_, partition) => partition);
    const target = await control.progress(old.world.rules.generation, partitions);
    await untilPassed(
      fresh.world.rules.generation,
      target.map((each) => each?.nextOffset ?? 0),
    );
  }

  async function untilPassed(generation: number, target: readonly number[]): Promise<void> {
    for (;;) {
      const now = await control.progress(
        generation,
        target.map((_, partition) => partition),
      );
      if (target.every((offset, p) => (now[p]?.nextOffset ?? 0) >= offset)) return;
    }
  }
}

function rowOf({ id, location, item, detectedAt, partition, offset, arrival }: Met, { rules, log }: World): FirstMet {
  const said = log.partitions[partition]![offset]!.value!.toString();
  assert.ok(said.includes(id));
  const detection = { id, location, camera: '5', item, detectedAt } as unknown as FirstMet['detection'];
  return { logLife: rules.logLife, partition, offset, arrival: arrival as Instant, detection };
}

function talliesOf(tally: Omit<Tallies, 'dead_letters_by_reason'>): Tallies {
  return { ...tally, dead_letters_by_reason: tally.dead_letters === 0 ? {} : { not_json: tally.dead_letters } };
}
