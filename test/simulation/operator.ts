/**
 * Somebody who corrects stamps: the real steps of `sightline topic correct-stamps`, at any time, with a clock that may
 * be wrong, from views that are old by the time of recording, twice, and killed in between.
 *
 * In the rough time some corrections are nonsense: any range, whether a stamp in it is ahead or not. In the calm one
 * what still waits is corrected, or time passes until clocks have come there.
 */
import { isAhead } from '../../core/domain/stamps.ts';
import { Refusal, Retryable } from '../../core/process/errors.ts';
import { controlStore } from '../../core/stores/control/control.ts';
import { recordCorrection } from '../../core/stores/control/stamp-gate.ts';
import { correct, planFor } from '../../admin/topic/correct.ts';
import type { CorrectPorts } from '../../admin/topic/correct.ts';
import { AHEAD_MS } from './clocks.ts';
import { readings } from './publisher.ts';
import { NAMESPACE } from './worker.ts';
import type { World } from './worker.ts';

const SELF = 'operator';

class Killed extends Error {}

/** Runs until the world is over. */
export async function startOperator(world: World): Promise<void> {
  const { rules, order, faults, log } = world;
  const random = world.dice('operator');
  const control = controlStore(
    world.hbase.client(() => order.turn(SELF), faults),
    NAMESPACE,
  );
  const reader = { read: (partition: number, from: number) => readings(log, partition, from) };
  const now = world.clocks.reader(log.clockMs);
  const ports: CorrectPorts = { rules, control, reader, now, aheadMs: AHEAD_MS };
  const wait = async (most: number): Promise<void> => {
    for (let turns = random.below(most); turns > 0; turns--) await order.turn(SELF);
    if (faults.strikes('correct_crash', 0.05)) throw new Killed();
  };

  const byCommand = async (partition: number): Promise<void> => {
    const plan = await planFor(ports, partition, random.chance(0.2) ? log.end(partition) - 1 : undefined);
    if (!plan) return;
    await wait(60);
    await correct(ports, plan);
    if (!random.chance(0.4)) return;
    // Once more, as it was or longer: what is recorded stays as it is.
    const { from, to } = plan.correction;
    await correct(ports, {
      ...plan,
      correction: { from, to: random.chance(0.5) ? to : Math.min(log.end(partition) - 1, to + random.below(4)) },
    });
  };
  const byChance = async (partition: number): Promise<void> => {
    const from = Math.max(0, log.end(partition) - 1 - random.below(12));
    const to = Math.min(log.end(partition) - 1, from + random.below(12));
    await wait(60);
    const stamp = log.partitions[partition]![from]?.stamp;
    if (stamp !== undefined)
      await recordCorrection(control, { logLife: rules.logLife, partition, correction: { from, to }, stamp });
  };
  /** Whoever sees what waits: a correction, or patience. */
  const settle = async (): Promise<void> => {
    const partitions = log.partitions.map((_, partition) => partition);
    for (const [partition, { hold, ...stamps }] of (await control.stamps(rules.logLife, partitions)).entries()) {
      if (!hold || !isAhead(hold, stamps)) continue;
      if (random.chance(0.5)) await byCommand(partition);
      else log.passTime(Math.max(0, hold.stamp - AHEAD_MS - log.clockMs()));
    }
  };
  while (!world.isOver) {
    await order.turn(SELF);
    try {
      if (faults.areOver()) await settle();
      else if (random.chance(0.02))
        await (random.chance(0.8) ? byCommand : byChance)(random.below(log.partitions.length));
    } catch (fault) {
      if (!(fault instanceof Killed || fault instanceof Retryable || fault instanceof Refusal)) throw fault;
    }
  }
}
