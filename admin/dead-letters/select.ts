/**
 * Selects the dead letters that a command works on, and keeps the newest of them.
 *
 * Options come as texts, are checked together, and become a selection; list and replay read the topic through it.
 * Partition and offset are those of the record in the log, since that is what reports and logs name.
 */
import type { KeptLetter } from '../../core/layout/log.ts';
import { DEAD_LETTER_REASONS } from '../../core/domain/dead-letters.ts';
import { readTimeText } from '../../core/domain/time.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';

export interface Selection {
  readonly reason: string | null;
  readonly partition: number | null;
  /** Offsets in the log, both included. */
  readonly fromOffset: number;
  readonly toOffset: number;
  /** Kept at, in milliseconds: [since, until). */
  readonly since: number;
  readonly until: number;
}

export interface SelectionOptions {
  readonly reason?: string;
  readonly partition?: string;
  readonly fromOffset?: string;
  readonly toOffset?: string;
  readonly since?: string;
  readonly until?: string;
}

/** Throws a Refusal (usage) that names every option at fault. */
export function selectionOf(options: SelectionOptions): Selection {
  const faults: string[] = [];
  const whole = (name: string, text: string | undefined): number | null => {
    if (text === undefined) return null;
    if (/^\d{1,15}$/.test(text)) return Number(text);
    faults.push(`--${name} is "${text}"; a whole number was expected`);
    return null;
  };
  const time = (name: string, text: string | undefined): number | null => {
    if (text === undefined) return null;
    const ms = readTimeText(text);
    if (ms !== null) return ms;
    faults.push(
      `--${name} is "${text}"; an ISO 8601 time such as 2026-11-22T14:00Z (UTC without a zone) or milliseconds ` +
        'since 1970 were expected',
    );
    return null;
  };
  const { reason } = options;
  if (reason !== undefined && !(reason in DEAD_LETTER_REASONS)) {
    faults.push(`--reason is "${reason}"; one of ${Object.keys(DEAD_LETTER_REASONS).join(', ')} was expected`);
  }
  const selection = {
    reason: reason ?? null,
    partition: whole('partition', options.partition),
    fromOffset: whole('from-offset', options.fromOffset) ?? 0,
    toOffset: whole('to-offset', options.toOffset) ?? Infinity,
    since: time('since', options.since) ?? 0,
    until: time('until', options.until) ?? Infinity,
  };
  if (faults.length > 0) throw new Refusal(EXIT.usage, faults.join('\n'));
  return selection;
}

/** Whether it leaves anything out. */
export function isNarrow({ reason, partition, fromOffset, toOffset, since, until }: Selection): boolean {
  return (
    reason !== null || partition !== null || fromOffset > 0 || since > 0 || toOffset !== Infinity || until !== Infinity
  );
}

export function isSelected({ keptAt, source, reason }: KeptLetter, selection: Selection): boolean {
  if (keptAt < selection.since || keptAt >= selection.until) return false;
  if (selection.reason !== null && reason !== selection.reason) return false;
  const asksForSource = selection.partition !== null || selection.fromOffset > 0 || selection.toOffset !== Infinity;
  if (!asksForSource) return true;
  if (!source || (selection.partition !== null && source.partition !== selection.partition)) return false;
  return source.offset >= selection.fromOffset && source.offset <= selection.toOffset;
}

/** Which letter: `<partition>/<offset>` in the dead-letter topic. */
export function addressOf(text: string): { partition: number; offset: number } {
  const parts = /^(\d{1,9})\/(\d{1,15})$/.exec(text);
  if (!parts)
    throw new Refusal(
      EXIT.usage,
      `"${text}" names no letter; <partition>/<offset> was expected, as "sightline dlq list" shows it`,
    );
  return { partition: Number(parts[1]), offset: Number(parts[2]) };
}

/** By which letters are put in order. */
export type Place = Pick<KeptLetter, 'keptAt' | 'partition' | 'offset'>;

export function placeOf({ keptAt, partition, offset }: KeptLetter): Place {
  return { keptAt, partition, offset };
}

export function bytesOf({ key, value }: KeptLetter): number {
  return (key?.length ?? 0) + (value?.length ?? 0);
}

const GREATEST_SPARE_BYTES = 64 * 1_048_576;

/** Keeps the newest of all that it is given, in memory that is bounded by what it keeps, in number and in bytes. */
export function newest<T extends Place>(
  limit: number,
  sizeOf: (one: T) => number,
): { add(letters: readonly T[]): void; letters(): T[] } {
  let kept: T[] = [];
  let spareBytes = 0;
  const trim = (): void => {
    kept.sort((a, b) => b.keptAt - a.keptAt || a.partition - b.partition || b.offset - a.offset);
    kept = kept.slice(0, limit);
    spareBytes = 0;
  };
  return {
    add(letters) {
      for (const letter of letters) {
        kept.push(letter);
        spareBytes += sizeOf(letter);
      }
      if (kept.length > 2 * limit + 1_000 || (spareBytes > GREATEST_SPARE_BYTES && kept.length > limit)) trim();
    },
    letters() {
      trim();
      return kept;
    },
  };
}
