/**
 * Which epochs a command is about, and whether each may be published now (law L9: ascending, each once).
 *
 * Pure but for the reading of the horizon, so that the contract of exit codes can be tested as a table.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { BatchContext } from '../context.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import { endOf, epochAt, epochNamed, nameOf } from '../../core/domain/epoch.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';

/** The newest epoch that is published for the generation of this process; null before the first. */
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

/** Epochs that are over and not published. */
export function countUnpublished(horizon: Pick<Horizon, 'epoch'> | null, rules: Rules, now: number): number {
  return Math.max(0, epochAt(now, rules) - nextEpoch(horizon, rules));
}

/** What a run was asked for: one epoch, a range, or (both null) every epoch that is over. */
export interface EpochRange {
  readonly from: Epoch | null;
  readonly to: Epoch | null;
}

export function readEpochRange(options: { epoch?: string; from?: string; to?: string }, rules: Rules): EpochRange {
  if (options.epoch !== undefined && (options.from !== undefined || options.to !== undefined)) {
    throw new Refusal(EXIT.usage, 'Give either --epoch or --from and --to, not both');
  }
  const named = (name: string | undefined): Epoch | null => (name === undefined ? null : readEpoch(name, rules));
  const asked = { from: named(options.epoch ?? options.from), to: named(options.epoch ?? options.to) };
  if (asked.from !== null && asked.to !== null && asked.from > asked.to) {
    throw new Refusal(EXIT.usage, `--from ${options.from} lies after --to ${options.to}`);
  }
  return asked;
}

function readEpoch(name: string, rules: Rules): Epoch {
  const found = epochNamed(name, rules);
  if (found !== null) return found;
  const example = nameOf(rules.firstEpoch as Epoch, rules);
  throw new Refusal(EXIT.usage, `"${name}" is no epoch of ${rules.epochSeconds} seconds; names look like ${example}`);
}

/** Whether to run the next epoch, stop, or refuse. `ran` is how many this command has published. */
export function planNextRun(
  asked: EpochRange,
  horizon: Pick<Horizon, 'epoch'> | null,
  rules: Rules,
  now: number,
): { run: Epoch } | { stop: string } {
  const next = nextEpoch(horizon, rules);
  const name = (epoch: Epoch): string => nameOf(epoch, rules);
  if (asked.to !== null && asked.to < next) return { stop: `Epoch ${name(asked.to)} is published already` };
  if (asked.from !== null && asked.from > next) {
    throw new Refusal(
      EXIT.usage,
      `Epoch ${name(asked.from)} cannot be published yet: epochs are published in order, and the next one is ${name(next)}`,
    );
  }
  if (!isOver(next, rules, now)) {
    return { stop: `Epoch ${name(next)} is not over before ${new Date(endOf(next, rules)).toISOString()}` };
  }
  return { run: next };
}
