/**
 * The seam in the simulation: a batch layer that publishes epochs by the naive count and prunes the speed view with the real store,
 * and a reader that asks for the total and must never see it fall.
 */
import { endOf } from '../../core/domain/epoch.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import { TICK_HEADER } from '../../core/domain/verdict.ts';
import { controlStore } from '../../core/stores/control.ts';
import { speedView } from '../../core/stores/speed-view.ts';
import { naiveCount } from './naive.ts';
import { speedRows } from './speed-rows.ts';
import { NAMESPACE } from './worker.ts';
import type { World } from './worker.ts';

export interface Seam {
  /** The last published epoch; the one before the first if none is. */
  horizon(): number;
  /** Runs until the world is over. */
  readonly ended: Promise<void>;
  /** Reads the total now and throws if it fell. */
  readTotal(): Promise<number>;
}

const SELF = 'batch';

export function startSeam(world: World): Seam {
  const { rules, order, random, log } = world;
  const partitions = log.partitions.map((_, partition) => partition);
  const control = controlStore(world.hbase.client(() => order.turn(SELF)), NAMESPACE);
  const pruning = speedView(world.hbase.client(() => order.turn(SELF)), NAMESPACE, rules);
  let horizon = rules.firstEpoch - 1;
  let cuts: number[] = [];
  let published = 0;
  let greatestTotal = 0;

  const publish = (): void => {
    const epoch = (horizon + 1) as Epoch;
    const end = endOf(epoch, rules);
    if (log.clockMs() < end) return;
    const { arrivals } = naiveCount(log.partitions, rules);
    for (const partition of partitions) {
      if ((arrivals[partition]!.at(-1) ?? 0) < end) {
        log.append(partition, { key: null, value: Buffer.alloc(0), headers: [[TICK_HEADER, Buffer.from('1')]] });
      }
    }
    const after = naiveCount(log.partitions, rules);
    const found = after.arrivals.map((reached) => reached.findIndex((arrival) => arrival >= end));
    if (found.includes(-1)) return;
    horizon = epoch;
    cuts = found;
    published = [...after.counts].reduce((sum, [cell, count]) => sum + (Number(cell.split(' ', 1)[0]) <= horizon ? count : 0), 0);
  };
  const readTotal = async (): Promise<number> => {
    let total = published;
    for (const { epoch, scope, cells } of await speedRows(world)) {
      if (epoch <= horizon || scope !== 'all') continue;
      for (const { level, count } of cells) if (level === 'minute') total += count;
    }
    if (total < greatestTotal) throw new Error(`the total fell from ${greatestTotal} to ${total}`);
    greatestTotal = total;
    return total;
  };
  const live = async (): Promise<void> => {
    while (!world.isOver) {
      await order.turn(SELF);
      if (random.chance(0.03)) publish();
      if (random.chance(0.015)) await readTotal();
      if (random.chance(0.02) && horizon >= rules.firstEpoch) {
        const progress = await control.progress(rules.generation, partitions);
        const pruneUpTo = horizon as Epoch;
        if (progress.every((p, i) => (p?.nextOffset ?? 0) >= cuts[i]!)) await pruning.prune(pruneUpTo, [...cuts]);
      }
    }
  };
  return { horizon: () => horizon, readTotal, ended: live() };
}
