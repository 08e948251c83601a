/**
 * Which rows of a file are of an epoch: a compacted file holds rows of several, and each row's arrival tells its own
 * (law L5).
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Rules } from '../../core/domain/rules.ts';
import { endOf, startOf } from '../../core/domain/epoch.ts';

/** An SQL condition on rows of detections. The first epoch has what arrived before it too. */
export function rowsOfEpoch(epoch: Epoch, rules: Rules): string {
  const before = `epoch_ms(arrived_at) < ${endOf(epoch, rules)}`;
  return epoch <= rules.firstEpoch ? before : `epoch_ms(arrived_at) >= ${startOf(epoch, rules)} AND ${before}`;
}
