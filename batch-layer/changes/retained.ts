/** What a retention leaves for a rebuild, and whether somebody asked for more (retain.ts, generations/rebuild.ts). */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { ChangeRecord } from '../../core/stores/lake/changes.ts';
import { endOf, epochNamed } from '../../core/domain/epoch.ts';
import { inForceMs } from '../../core/domain/rules.ts';
import { retainedIn } from '../../core/stores/lake/changes.ts';

type DatedRules = Rules & { readonly firstEpoch: number };

/** The last epoch that ends at this instant or before it. */
export const lastEndingBy = (t: number, { epochSeconds }: Pick<Rules, 'epochSeconds'>): number =>
  Math.floor(t / (epochSeconds * 1_000)) - 1;

/**
 * The last epoch whose raw files no rebuild needs, if epochs up to `detections` have no detections. A first record lies
 * at most W before the records that it makes copies.
 */
export function lastNeedless(detections: number, rules: DatedRules): number {
  if (detections < rules.firstEpoch) return rules.firstEpoch - 1;
  return lastEndingBy(endOf(detections as Epoch, rules) - inForceMs(rules), rules);
}

/** The last epoch from which a retention took files; before the first one if there is none. */
export function lastRetained(chain: readonly ChangeRecord[], rules: DatedRules): number {
  const retained = retainedIn(chain);
  return Math.max(numberOf(retained?.detections_up_to ?? null, rules), numberOf(retained?.raw_up_to ?? null, rules));
}

const numberOf = (name: string | null, rules: DatedRules): number =>
  name === null ? rules.firstEpoch - 1 : epochNamed(name, rules)!;

export function isBeyondRebuild(retained: NonNullable<ChangeRecord['retained']>, rules: DatedRules): boolean {
  const needless = Math.max(rules.firstEpoch - 1, lastNeedless(numberOf(retained.detections_up_to, rules), rules));
  return numberOf(retained.raw_up_to, rules) > needless;
}
