/**
 * Counts: which cells a detection adds to, and what a cell is (law L4).
 *
 * A cell is an absolute number with the last offset that it includes, so that replaying a record adds nothing and a stale
 * writer loses. Cells stand in rows: one row per scope (a place, or all places), hour of detection, epoch of arrival and,
 * in the speed view, partition. Each level answers one kind of question and is kept apart from the others, so that a
 * question reads only its level. layout/hbase.ts gives rows and cells their bytes.
 */
import type { Detection } from './detection.ts';
import type { Epoch } from './epoch.ts';
import type { Oid } from './oid.ts';
import { hourOf, minuteOf } from './time.ts';

/** All places together, or one. */
export type Scope = 'all' | Oid;

export const LEVELS = ['minute_item', 'hour_item', 'minute', 'minute_place', 'hour_place'] as const;
export type Level = (typeof LEVELS)[number];

/** What a cell counts within its row. */
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

export interface CountRowName {
  readonly scope: Scope;
  /** Hours since 1970 of timestamp_detected. */
  readonly hour: number;
  readonly epoch: Epoch;
}

/** Calls `add` once for each cell that counts this detection: three in the row of its place, five in that of all places. */
export function eachCellOf(detection: Detection, add: (scope: Scope, cell: CellName) => void): void {
  const minute = minuteOf(detection.detectedAt);
  const { item, location } = detection;
  for (const scope of [location, 'all'] as const) {
    add(scope, { level: 'minute_item', minute, subject: item });
    add(scope, { level: 'hour_item', minute: 0, subject: item });
    add(scope, { level: 'minute', minute, subject: '' });
  }
  add('all', { level: 'minute_place', minute, subject: location });
  add('all', { level: 'hour_place', minute: 0, subject: location });
}

export function rowsOf(detection: Detection, epoch: Epoch): [place: CountRowName, all: CountRowName] {
  const hour = hourOf(detection.detectedAt);
  return [
    { scope: detection.location, hour, epoch },
    { scope: 'all', hour, epoch },
  ];
}

/** One text per cell name within a row, one per row name: keys of a Map. */
export function cellKey({ level, minute, subject }: CellName): string {
  return LEVEL_MARK[level] + String.fromCharCode(minute) + subject;
}

export function rowKey({ scope, hour, epoch }: CountRowName): string {
  return `${epoch}/${hour}/${scope}`;
}

const LEVEL_MARK: Record<Level, string> = {
  minute_item: 'm',
  hour_item: 'h',
  minute: 't',
  minute_place: 'p',
  hour_place: 'q',
};
