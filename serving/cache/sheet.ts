/**
 * Hour cells in memory: a sheet holds the cells of one row of a view, as columns of numbers.
 *
 * batch-hours.ts and speed-hours.ts cache sheets, merge.ts adds them up. A row of the batch view never changes and is
 * packed. A row of the speed view changes cell by cell; a new cell replaces an old one only if it includes at least as
 * much of the log (law L4).
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { HourCell, MinuteCounts } from '../../core/domain/hour-counts.ts';
import type { HourLevel, HourRow } from '../../core/stores/views/count-view.ts';
import type { Names } from './names.ts';
import { sumOf } from '../../core/domain/hour-counts.ts';

export interface Sheet {
  readonly hour: number;
  readonly epoch: Epoch;
  /** The item or place of each cell, as its number in the names. */
  readonly subjects: ArrayLike<number>;
  /** The count of each cell in the whole hour. */
  readonly sums: ArrayLike<number>;
  /** True if a cell of it was read from a row with the mark of doubt (core/stores/views/count-view.ts). */
  readonly isDoubtful: boolean;
  eachMinute(cell: number, update: (minute: number, count: number) => void): void;
}

const subjectOf = (level: HourLevel, { item, location }: HourCell): string =>
  level === 'minute_item' ? item : level === 'minute_place' ? location : '';

const SHEET_BYTES = 600;

/** A row that never changes. */
export class PackedSheet implements Sheet {
  readonly hour: number;
  readonly epoch: Epoch;
  readonly subjects: Uint32Array;
  readonly sums: Float64Array;
  readonly isDoubtful = false;
  readonly bytes: number;
  private readonly starts: Uint32Array;
  private readonly minutes: Uint8Array;
  private readonly counts: Float64Array;

  constructor({ hour, epoch, cells }: HourRow, level: HourLevel, names: Names) {
    const size = cells.reduce((sum, { minutes }) => sum + minutes.length / 2, 0);
    this.hour = hour;
    this.epoch = epoch;
    this.subjects = new Uint32Array(cells.length);
    this.sums = new Float64Array(cells.length);
    this.starts = new Uint32Array(cells.length + 1);
    this.minutes = new Uint8Array(size);
    this.counts = new Float64Array(size);
    let to = 0;
    cells.forEach((cell, at) => {
      this.subjects[at] = names.numberOf(subjectOf(level, cell));
      this.sums[at] = sumOf(cell.minutes);
      for (let from = 0; from < cell.minutes.length; from += 2, to++) {
        this.minutes[to] = cell.minutes[from]!;
        this.counts[to] = cell.minutes[from + 1]!;
      }
      this.starts[at + 1] = to;
    });
    this.bytes = SHEET_BYTES + 16 * cells.length + 9 * size;
  }

  eachMinute(cell: number, take: (minute: number, count: number) => void): void {
    for (let at = this.starts[cell]!; at < this.starts[cell + 1]!; at++) take(this.minutes[at]!, this.counts[at]!);
  }
}

/** Rows of several hours and epochs added up: it has sums only, no minutes. */
export class FoldedSheet implements Sheet {
  readonly hour: number;
  readonly epoch: Epoch;
  readonly subjects: Uint32Array;
  readonly sums: Float64Array;
  readonly isDoubtful = false;

  constructor(
    rows: readonly HourRow[],
    level: HourLevel,
    { hour, epoch }: Pick<HourRow, 'hour' | 'epoch'>,
    names: Names,
  ) {
    const sums = new Map<number, number>();
    for (const { cells } of rows) {
      for (const cell of cells) {
        const subject = names.numberOf(subjectOf(level, cell));
        sums.set(subject, (sums.get(subject) ?? 0) + sumOf(cell.minutes));
      }
    }
    this.hour = hour;
    this.epoch = epoch;
    this.subjects = Uint32Array.from(sums.keys());
    this.sums = Float64Array.from(sums.values());
  }

  eachMinute(): never {
    throw new Error('a folded sheet has no minutes');
  }
}

/** A row of the speed view, which a worker still writes. */
export class LiveSheet implements Sheet {
  readonly hour: number;
  readonly epoch: Epoch;
  readonly subjects: number[] = [];
  readonly sums: number[] = [];
  isDoubtful = false;
  bytes = SHEET_BYTES;
  private readonly upTo: number[] = [];
  private readonly minutes: Readonly<MinuteCounts>[] = [];
  private readonly cellOf = new Map<number, number>();

  constructor({ hour, epoch }: Pick<HourRow, 'hour' | 'epoch'>) {
    this.hour = hour;
    this.epoch = epoch;
  }

  take({ cells, isDoubtful = false }: HourRow, level: HourLevel, names: Names): void {
    this.isDoubtful ||= isDoubtful;
    for (const cell of cells) {
      const subject = names.numberOf(subjectOf(level, cell));
      let at = this.cellOf.get(subject);
      if (at === undefined) {
        at = this.subjects.push(subject) - 1;
        this.cellOf.set(subject, at);
        this.bytes += 120;
      } else if (cell.upTo < this.upTo[at]!) continue;
      this.bytes += 8 * (cell.minutes.length - (this.minutes[at]?.length ?? 0));
      this.sums[at] = sumOf(cell.minutes);
      this.upTo[at] = cell.upTo;
      this.minutes[at] = cell.minutes;
    }
  }

  eachMinute(cell: number, take: (minute: number, count: number) => void): void {
    const minutes = this.minutes[cell]!;
    for (let at = 0; at < minutes.length; at += 2) take(minutes[at]!, minutes[at + 1]!);
  }
}
