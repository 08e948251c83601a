/**
 * Numbers of one view alone: what to call them.
 *
 * Each answer names in its own view what is missing in it, and whatever shows a number of it says so beside the number;
 * the badge and the notice say it of the page. Such an answer comes only where it was asked for, so there is never a
 * partial number without these words.
 */
import type { TopItemsAnswer, View } from '../../serving/answers.ts';

export type Missing = NonNullable<View['missing']>;

const OTHER: Record<Missing, Missing> = { batch: 'speed', speed: 'batch' };

/** `speed only`, or null for a whole answer. */
export function onlyText(view: View | null | undefined): string | null {
  return view?.missing ? `${OTHER[view.missing]}\u00a0only` : null;
}

/** ` · speed only` behind what is said of an answer already. */
export function onlySuffix(view: View | null | undefined): string {
  const only = onlyText(view);
  return only ? ` · ${only}` : '';
}

/** The two parts of a total, which are known only of a whole one. */
export function partsOf({ parts, view }: TopItemsAnswer): { batch: number; speed: number } | null {
  return view.missing ? null : (parts ?? null);
}
