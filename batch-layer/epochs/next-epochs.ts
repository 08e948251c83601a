/**
 * The next epochs: which ones a command publishes, and whether each may be published now (law L9: in order, each once).
 *
 * Only `horizonOf` reads a store; all else is pure, so that a test can check the exit codes as a table.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { BatchContext } from '../context.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import { endOf, epochAt, epochNamed, nameOf } from '../../core/domain/epoch.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';

/** The newest published epoch of the generation that this process works for; null if there is none. */
export function horizonOf({ control, rules }: BatchContext): Promise<Horizon | null> {
  return control.horizon(rules.generation);
}

/** The first epoch that is not published. */
export function nextEpoch(horizon: Pick<Horizon, 'epoch'> | null, rules: Pick<Rules, 'firstEpoch'>): Epoch {
  return (horizon ? horizon.epoch + 1 : rules.firstEpoch) as Epoch;
}

export function isOver(epoch: Epoch, rules: Rules, now: number): boolean {
  return endOf(epoch, rules) <= now;
}

/** How many epochs are over and not published. */
export function countUnpublished(horizon: Pick<Horizon, 'epoch'> | null, rules: Rules, now: number): number {
  return Math.max(0, epochAt(now, rules) - nextEpoch(horizon, rules));
}

/** The epochs that a command names: one, a range, or (both null) every epoch that is over. */
export interface EpochRange {
  readonly from: Epoch | null;
  readonly to: Epoch | null;
}

export function readEpochRange(options: { epoch?: string; from?: string; to?: string }, rules: Rules): EpochRange {
  if (options.epoch !== undefined && (options.from !== undefined || options.to !== undefined)) {
    throw new Refusal(EXIT.usage, 'Give either --epoch or --from and --to, not both');
  }
  const read = (name: string | undefined): Epoch | null => (name === undefined ? null : readEpoch(name, rules));
  const range = { from: read(options.epoch ?? options.from), to: read(options.epoch ?? options.to) };
  if (range.from !== null && range.to !== null && range.from > range.to) {
    throw new Refusal(EXIT.usage, `--from ${options.from} lies after --to ${options.to}`);
  }
  return range;
}

function readEpoch(name: string, rules: Rules): Epoch {
  const epoch = epochNamed(name, rules);
  if (epoch !== null) return epoch;
  const example = nameOf(rules.firstEpoch as Epoch, rules);
  throw new Refusal(EXIT.usage, `"${name}" is no epoch of ${rules.epochSeconds} seconds; names look like ${example}`);
}

/** Says which epoch to run, or why to stop; throws a Refusal if other epochs must be published before the range. */
export function planNextRun(
  range: EpochRange,
  horizon: Pick<Horizon, 'epoch'> | null,
  rules: Rules,
  now: number,
): { run: Epoch } | { stop: string } {
  const next = nextEpoch(horizon, rules);
  const name = (epoch: Epoch): string => nameOf(epoch, rules);
  if (range.to !== null && range.to < next) return { stop: `Epoch ${name(range.to)} is published already` };
  if (range.from !== null && range.from > next) {
    throw new Refusal(
      EXIT.usage,
      `Epoch ${name(range.from)} cannot be published yet: epochs are published in order, and the next one is ` +
        name(next),
    );
  }
  if (!isOver(next, rules, now)) {
    return { stop: `Epoch ${name(next)} is not over before ${new Date(endOf(next, rules)).toISOString()}` };
  }
  return { run: next };
}
