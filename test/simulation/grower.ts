/**
 * Somebody who gives the topic more partitions, once or twice, in the middle of everything: the real steps of
 * `sightline topic grow`, killed anywhere and done again.
 *
 * Workers hear of what is added when the group does, late or soon.
 */
import { Refusal, Retryable } from '../../core/process/errors.ts';
import { controlStore } from '../../core/stores/control/control.ts';
import { grow } from '../../admin/topic/grow.ts';
import { TICK_HEADER } from '../../core/domain/verdict.ts';
import { NAMESPACE } from './worker.ts';
import type { World } from './worker.ts';

const SELF = 'grower';

class Killed extends Error {}

/** Resolves when it has grown the topic as often as the seed wants; in half of the seeds not once. */
export async function startGrower(world: World, isRebuilt: boolean): Promise<void> {
  const { rules, order, faults, log } = world;
  const random = world.dice('grower');
  const hbase = world.hbase.client(() => order.turn(SELF), faults);
  const control = controlStore(hbase, NAMESPACE);
  const turn = async (): Promise<void> => {
    await order.turn(SELF);
    if (faults.strikes('grow_crash', 0.03)) throw new Killed();
  };
  /** Waiting takes time, often that until the next epoch. */
  const pause = async (): Promise<void> => {
    await turn();
    if (random.chance(0.15)) log.passTime(random.below(rules.epochSeconds * 1_000));
  };
  const admin = {
    async grow(count: number) {
      await turn();
      log.grow(count);
    },
    ends: async () => log.ends(),
  };
  const producer = {
    async tick(partitions: readonly number[]) {
      await turn();
      for (const partition of partitions)
        log.append(partition, { key: null, value: Buffer.alloc(0), headers: [[TICK_HEADER, Buffer.from('1')]] });
    },
  };
  const ports = {
    rules: { ...rules, topicId: 'sim' },
    control,
    admin,
    producer,
    now: log.clockMs,
    pause,
    say: () => undefined,
    heedLimitMs: random.below(20_000),
  };
  // A rebuild holds up growths, and the rules of both generations must end epochs where a growth begins.
  if (random.chance(0.5) || isRebuilt) return;
  for (let turns = random.below(60); turns > 0; turns--) await order.turn(SELF);
  let to = rules.partitionCount;
  for (let times = 1 + random.below(2); times > 0 && !world.isOver; times--) {
    to += 1 + random.below(3);
    while (!world.isOver && !(await isGrown())) await rest();
  }

  /** Until somebody tries again: now and then for so long that what was on its way may arrive in another epoch. */
  async function rest(): Promise<void> {
    const isLong = random.chance(0.3);
    if (isLong) log.passTime(rules.epochSeconds * 1_000);
    for (let turns = random.below(isLong ? 100 : 12); turns > 0; turns--) await order.turn(SELF);
  }

  async function isGrown(): Promise<boolean> {
    try {
      await grow(ports, to);
      return true;
    } catch (fault) {
      if (fault instanceof Killed || fault instanceof Retryable || fault instanceof Refusal) return false;
      throw fault;
    }
  }
}
