/**
 * Two generations over one log: the one that holds, and the one that a rebuild makes beside it by other rules (law L9).
 *
 * Each is a world of its own over the same log, HBase and clock: its rules, its truth of every record, its consumer
 * group, and its share of what is written. So every check of one generation is made of both, by the same code, for as
 * long as either of them works.
 */
import type { Rules } from '../../core/domain/rules.ts';
import { decodeSpeedRow, detectionFamily } from '../../core/layout/hbase.ts';
import { rulesAfter } from '../../batch-layer/epochs/first-epoch.ts';
import type { Faults } from './faults.ts';
import type { SimulatedHBase, Written } from './hbase.ts';
import type { Dice } from './random.ts';
import type { Truth } from './truth.ts';
import type { SimulatedGroup } from './group.ts';
import type { World } from './worker.ts';

/** The rules of a seed, and those that a rebuild makes of them; null where none is made. */
export function rulesOfSeed(rules: Rules, random: Dice, faults: Faults): { rules: Rules; next: Rules | null } {
  if (!faults.strikes('rebuild', 0.4)) return { rules, next: null };
  const before = { ...rules, dedupWindowDays: random.pick([1, 4]) };
  const epochSeconds = random.chance(0.5) ? rules.epochSeconds : random.pick([600, 21_600, 86_400]);
  const others = [1, 2, 4, 6].filter((days) => days !== before.dedupWindowDays);
  return {
    rules: before,
    next: rulesAfter(before, { epochSeconds, dedupWindowDays: random.pick(others), clockAheadDays: 1 }),
  };
}

/** The world as another generation sees it; what the first one is told of (that all is over) is told to it too. */
export function generationIn(
  world: World,
  own: { rules: Rules; truth: Truth; group: SimulatedGroup; hbase: SimulatedHBase },
): World {
  const view: World = Object.create(world) as World;
  return Object.assign(view, own);
}

/** HBase as each generation sees what is written: by its number in the row, or by the family of its first-met rows. */
export function sharedHBase(hbase: SimulatedHBase, generations: readonly Rules[]): SimulatedHBase[] {
  const waiting = new Map<number, Written[]>(generations.map(({ generation }) => [generation, []]));
  const deal = (): void => {
    for (const each of hbase.written()) {
      if (isOfLog(each)) for (const all of waiting.values()) all.push(each);
      else waiting.get(generationOf(each, generations))?.push(each);
    }
  };
  return generations.map(({ generation }) => ({
    ...hbase,
    written() {
      deal();
      return waiting.get(generation)!.splice(0);
    },
  }));
}

/** What is settled and corrected of stamps holds for every generation. */
function isOfLog({ table, cell }: Written): boolean {
  return table.endsWith(':control') && cell.row.toString().startsWith('stamps/');
}

function generationOf({ table, cell }: Written, generations: readonly Rules[]): number {
  if (table.endsWith(':speed_view')) return decodeSpeedRow(cell.row).generation;
  if (table.endsWith(':detections'))
    return generations.find((rules) => detectionFamily(rules) === cell.family)?.generation ?? 0;
  return table.endsWith(':control') ? Number(cell.row.toString().split('/')[1]) : 0;
}
