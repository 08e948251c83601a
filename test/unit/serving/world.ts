/**
 * A small world of counted detections, in memory: the truth to compare with, and the views that hold it.
 *
 * Each sighting is counted once, under the epoch of its arrival. The speed view holds the epochs that are not pruned,
 * published or not; the batch view holds the published ones and, as a half-written next one, some that are not. Only
 * reading them by the horizon gives the truth, and every read is recorded.
 */
import fc from 'fast-check';
import type { CountCell, Level, Scope } from '../../../core/domain/counts.ts';
import type { Epoch } from '../../../core/domain/epoch.ts';
import type { Oid } from '../../../core/domain/oid.ts';
import type { Rules } from '../../../core/domain/rules.ts';
import type { BatchView } from '../../../core/stores/views/batch-view.ts';
import type { CountRow, HourLevel, HourRow, Hours, Minutes } from '../../../core/stores/views/count-view.ts';
import type { ListBounds, ListedDetection, PlacedDetection } from '../../../core/stores/views/list-view.ts';
import type { SpeedView } from '../../../core/stores/views/speed-view.ts';
import { epochAt } from '../../../core/domain/epoch.ts';
import { addToMinute } from '../../../core/domain/hour-counts.ts';
import { homeOf } from '../../../core/domain/home.ts';
import { compareOids, oid } from '../../../core/domain/oid.ts';
import { DAY_MS, HOUR_MS, instant } from '../../../core/domain/time.ts';
import { cellKey, eachCellOf, rowKey, rowsOf } from '../../support/levels.ts';

export const RULES: Rules = {
  generation: 1,
  logLife: 1,
  epochSeconds: 21_600,
  dedupWindowDays: 2,
  clockAheadDays: 1,
  partitionCount: 3,
  firstEpoch: epochAt(Date.UTC(2026, 10, 20), { epochSeconds: 21_600 }),
  firstOffsets: [0, 0, 0],
};
export const NOW = Date.UTC(2026, 10, 23, 14, 31, 12, 345);
export const PLACES = ['1', '-7', '42', '9007199254740993'].map(oid);
const ITEMS = ['bicycle', 'car', 'car ', 'ünderground', '\u{1F6B2}', '\uFFFD'];

export interface Sighting {
  readonly id: Oid;
  readonly location: Oid;
  readonly item: string;
  readonly detectedAt: number;
  readonly arrival: number;
}

/** Sightings that the speed layer counts: at most two days late, at most a day ahead; mostly of the last hours. */
export const sightings = fc
  .array(
    fc.record({
      location: fc.constantFrom(...PLACES),
      item: fc.constantFrom(...ITEMS),
      arrivedAgoMs: fc.oneof(fc.nat(3 * HOUR_MS), fc.nat(3 * DAY_MS)),
      lateMs: fc.oneof(
        fc.nat(5_000),
        fc.nat(2 * DAY_MS),
        fc.nat(DAY_MS).map((ahead) => -ahead),
      ),
    }),
    { maxLength: 60 },
  )
  .map((drawn) =>
    drawn.map(({ location, item, arrivedAgoMs, lateMs }, index): Sighting => {
      const arrival = NOW - arrivedAgoMs;
      return { id: oid(1_000 + index * 37), location, item, arrival, detectedAt: arrival - lateMs };
    }),
  );

export interface AskedRead {
  readonly view: 'batch' | 'speed';
  readonly scope: Scope;
  readonly levels: readonly Level[];
  readonly hours: Hours;
  readonly minutes: Minutes | undefined;
}

export interface World {
  readonly speedView: Pick<SpeedView, 'read' | 'changed' | 'list' | 'firstHour'>;
  readonly batchView: Pick<BatchView, 'read' | 'published' | 'list' | 'firstHour'>;
  readonly reads: AskedRead[];
  readonly epochsRead: number[];
  cellsReturned: number;
}

export const epochOfSighting = ({ arrival }: Sighting): Epoch =>
  Math.max(RULES.firstEpoch, epochAt(arrival, RULES)) as Epoch;

/**
 * `prunedTo`: epochs up to it are gone from the speed view. `halfWritten`: of this epoch the batch view has some rows.
 */
export function worldOf(
  all: readonly Sighting[],
  published: { horizon: Epoch | null; prunedTo: number; halfWritten?: number },
): World {
  const horizon = published.horizon ?? -1;
  const speed = all.filter((one) => epochOfSighting(one) > published.prunedTo);
  const half = all.filter((one) => epochOfSighting(one) === (published.halfWritten ?? -1)).slice(1);
  const batch = [...all.filter((one) => epochOfSighting(one) <= horizon), ...half];
  const speedRows = rowsOfAll(speed, (one) => homeOf(one.id, RULES.partitionCount));
  const batchRows = rowsOfAll(batch, () => -1);
  const world: World = {
    reads: [],
    epochsRead: [],
    cellsReturned: 0,
    speedView: {
      async read({ scope, epochs, hours, levels, minutes }) {
        world.epochsRead.push(...epochs);
        return taken(speedRows, { view: 'speed', scope, levels, hours, minutes }, (e) => epochs.includes(e));
      },
      // More than what changed may come, and everything does.
      async changed({ scope, level, spans }) {
        world.epochsRead.push(...spans.map(({ epoch }) => epoch));
        const hours = {
          from: Math.min(...spans.map((span) => span.hours.from)),
          to: Math.max(...spans.map((span) => span.hours.to)),
        };
        const rows = taken(speedRows, { view: 'speed', scope, levels: [level], hours, minutes: undefined }, (e) =>
          spans.some(({ epoch }) => epoch === e),
        );
        return rows
          .map((row) => hourRowOf(row, level))
          .filter(({ hour, epoch }) =>
            spans.some((span) => span.epoch === epoch && hour >= span.hours.from && hour <= span.hours.to),
          );
      },
      firstHour: async (e, before) => leastOf(speedRows.filter(({ epoch, hour }) => epoch === e && hour < before)),
      list: async ({ scope, epochs, hours, bounds }) => listed(speed, scope, hours, bounds, (e) => epochs.includes(e)),
    },
    batchView: {
      read: async ({ scope, horizon: upTo, hours, levels, minutes }) =>
        taken(batchRows, { view: 'batch', scope, levels, hours, minutes }, (e) => e <= upTo),
      published: async ({ scope, level, hours, epochs: { after, upTo } }) =>
        taken(
          batchRows,
          { view: 'batch', scope, levels: [level], hours, minutes: undefined },
          (e) => e > after && e <= upTo,
        ).map((row) => hourRowOf(row, level)),
      firstHour: async () => leastOf(batchRows),
      list: async ({ scope, horizon: upTo, hours, bounds }) => listed(batch, scope, hours, bounds, (e) => e <= upTo),
    },
  };
  return world;

  function taken(rows: readonly CountRow[], read: AskedRead, isAsked: (e: Epoch) => boolean): CountRow[] {
    world.reads.push(read);
    const found = rows
      .filter(
        ({ scope, hour, epoch }) =>
          scope === read.scope && hour >= read.hours.from && hour <= read.hours.to && isAsked(epoch),
      )
      .map((row) => ({ ...row, cells: row.cells.filter((cell) => isOf(read, cell)) }));
    world.cellsReturned += found.reduce((sum, { cells }) => sum + cells.length, 0);
    return found;
  }
}

function leastOf(rows: readonly CountRow[]): number | null {
  return rows.length === 0 ? null : Math.min(...rows.map(({ hour }) => hour));
}

/** The cells of a level of minutes as they are kept: an hour each. */
function hourRowOf({ hour, epoch, partition, cells }: CountRow, level: HourLevel): HourRow {
  const minutesOf = new Map<string, number[]>();
  for (const { subject, minute, count } of cells) {
    const minutes = minutesOf.get(subject) ?? [];
    minutesOf.set(subject, minutes);
    addToMinute(minutes, minute, count);
  }
  const named = (subject: string) =>
    level === 'minute_item'
      ? ({ kind: 'item', location: '', item: subject } as const)
      : ({ kind: 'place', location: subject as Oid, item: '' } as const);
  return {
    hour,
    epoch,
    partition,
    cells: [...minutesOf].map(([subject, minutes]) => ({ ...named(subject), minutes, upTo: 0 })),
  };
}

function isOf({ levels, minutes }: AskedRead, { level, minute }: CountCell): boolean {
  return levels.includes(level) && (!minutes || (minute >= minutes.from && minute < minutes.to));
}

function rowsOfAll(all: readonly Sighting[], partitionOf: (one: Sighting) => number): CountRow[] {
  const rows = new Map<string, { row: CountRow; cells: Map<string, CountCell> }>();
  for (const one of all) {
    const detection = { ...one, camera: oid(5), detectedAt: instant(one.detectedAt) };
    const [place, ofAll] = rowsOf(detection, epochOfSighting(one));
    const partition = partitionOf(one);
    eachCellOf(detection, (scope, name) => {
      const rowName = scope === 'all' ? ofAll : place;
      const key = `${partition}/${rowKey(rowName)}`;
      const entry = rows.get(key) ?? { row: { ...rowName, partition, cells: [] }, cells: new Map<string, CountCell>() };
      rows.set(key, entry);
      const count = (entry.cells.get(cellKey(name))?.count ?? 0) + 1;
      entry.cells.set(cellKey(name), { ...name, count, upTo: 0 });
    });
  }
  return [...rows.values()].map(({ row, cells }) => ({ ...row, cells: [...cells.values()] }));
}

/** As the tables do it: complete within the bounds, in no order that a caller may rely on. */
function listed(
  all: readonly Sighting[],
  scope: Scope,
  hours: Hours,
  bounds: ListBounds | undefined,
  isAsked: (e: Epoch) => boolean,
): PlacedDetection[] {
  const entries = all
    .filter((one) => (scope === 'all' || one.location === scope) && isAsked(epochOfSighting(one)))
    .map((one) => ({ id: one.id, detectedAt: instant(one.detectedAt), location: one.location }));
  const { after, notBefore = 0 } = bounds ?? {};
  return entries
    .filter(
      ({ detectedAt }) =>
        detectedAt >= Math.max(notBefore, hours.from * HOUR_MS) && detectedAt < (hours.to + 1) * HOUR_MS,
    )
    .filter((entry) => !after || inOrder(after, entry) < 0)
    .sort(inOrder)
    .reverse();
}

export function inOrder(a: ListedDetection, b: ListedDetection): number {
  return b.detectedAt - a.detectedAt || compareOids(a.id, b.id);
}
