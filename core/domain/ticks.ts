/** Ticks: records of ours that only move a quiet partition's arrival past an epoch's end (law L5). */
import type { LogRecord } from './detection.ts';

/** The value of a record with this header is empty. */
export const TICK_HEADER = 'sightline.tick';

export function isTick(record: Pick<LogRecord, 'value' | 'headers'>): boolean {
  return (record.value === null || record.value.length === 0) && hasHeader(record, TICK_HEADER);
}

export function hasHeader(record: Pick<LogRecord, 'headers'>, name: string): boolean {
  return record.headers.length > 0 && record.headers.some(([found]) => found === name);
}
