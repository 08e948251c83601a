/**
 * Counts in the words of questions: scopes, levels, and cells of a level.
 *
 * A question names a scope (a place, or all places) and the level that answers it; the views answer in cells of that
 * level, which they read from cells of a whole hour (hour-counts.ts). A cell is an absolute number with the last offset
 * that it includes, so that replaying a record adds nothing and a stale writer loses (law L4).
 */
import type { Oid } from './oid.ts';

/** All places together, or one. */
export type Scope = 'all' | Oid;

export const LEVELS = ['minute_item', 'hour_item', 'minute', 'minute_place', 'hour_place'] as const;
export type Level = (typeof LEVELS)[number];

/** What a cell counts, of a scope and an hour. */
export interface CellName {
  readonly level: Level;
  /** 0 … 59; 0 for the levels of a whole hour. */
  readonly minute: number;
  /** An item's name, a place's oid, or '' where the level has neither. */
  readonly subject: string;
}

export interface CountCell extends CellName {
  readonly count: number;
  /** Speed view: the last offset included. Batch view: the epoch's number. */
  readonly upTo: number;
}
