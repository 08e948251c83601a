/**
 * The words beside a number that comes from one view alone.
 *
 * Each answer names the view that is missing in it, and whatever shows a number of it shows these words too. The badge
 * and the notice bar report it for the page. The API gives such an answer only to a page that asks for it.
 */
import type { TopItemsAnswer, View } from '../../serving/answers.ts';

export type Missing = NonNullable<View['missing']>;

const OTHER: Record<Missing, Missing> = { batch: 'speed', speed: 'batch' };

/** `speed only`, or null for a whole answer. */
export function onlyText(view: View | null | undefined): string | null {
  return view?.missing ? `${OTHER[view.missing]}\u00a0only` : null;
}

/** ` · speed only`, to follow other words about an answer; empty for a whole answer. */
export function onlySuffix(view: View | null | undefined): string {
  const only = onlyText(view);
  return only ? ` · ${only}` : '';
}

/** The batch part and the speed part of a total; null if a view is missing. */
export function partsOf({ parts, view }: TopItemsAnswer): { batch: number; speed: number } | null {
  return view.missing ? null : (parts ?? null);
}
