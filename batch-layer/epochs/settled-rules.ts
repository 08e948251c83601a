/**
 * Makes a context whose rules cannot change for an epoch any more (core/stores/control/settled-growth.ts). run.ts and
 * archive-now.ts call it before they judge the first record of the epoch.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { BatchContext } from '../context.ts';
import { settleEpoch } from '../../core/stores/control/settled-growth.ts';

export async function settleRules(context: BatchContext, epoch: Epoch): Promise<BatchContext> {
  return { ...context, rules: await settleEpoch(context.control, context.rules, epoch) };
}
