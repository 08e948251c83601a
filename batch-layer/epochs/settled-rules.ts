/**
 * A context whose rules are final for an epoch: asked for before the first of its records is judged
 * (core/stores/control/settled-growth.ts).
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { BatchContext } from '../context.ts';
import { settledRules } from '../../core/stores/control/settled-growth.ts';

export async function settleRules(context: BatchContext, epoch: Epoch): Promise<BatchContext> {
  return { ...context, rules: await settledRules(context.control, context.rules, epoch) };
}
