/**
 * The detections of a place in a window, newest first, page by page.
 *
 * The lists name the entries (listing.ts), the rows of `detections` have their columns. A list lives as long as its
 * epoch, a row only for days, and a later detection of the same id replaces it; the entry stays, and its row comes from
 * the lake. If the lake does not answer in time, the entry has only the columns of the list and is marked incomplete.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { IsLeaving } from '../lake/leaving.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { PlacedDetection } from '../../core/stores/views/list-view.ts';
import type { DetectionsAnswer, ListedRow } from '../answers.ts';
import type { Allowance } from '../bounds/allowance.ts';
import type { FindListedRows } from '../lake/listed-rows.ts';
import type { PlaceNames } from '../counts/location-names.ts';
import type { QuestionContext } from '../counts/question-context.ts';
import type { WindowQuestion } from '../counts/window.ts';
import type { LakeRow } from '../../core/stores/lake/lake-row.ts';
import { requireAnswers } from '../../core/stores/rows/answers.ts';
import { planSnapshotOf, viewOf, readOnValidSnapshot } from '../counts/counts.ts';
import { doubtOfEntries } from '../counts/provisional.ts';
import { readCursor, writeCursor } from '../lists/cursor.ts';
import { joinLocation, joinLakeRow } from './join.ts';
import { entryKey } from '../lake/listed-rows.ts';
import { listPage } from '../lists/listing.ts';
import { speedEpochsOf } from '../counts/plan.ts';
import { searchedField } from '../counts/clip-window.ts';
import { windowOf } from '../counts/window.ts';

export type DetectionsQuestion = WindowQuestion & { location: Scope; limit?: number; cursor?: string | undefined };

const LIMIT = 50;

export async function detections(
  question: DetectionsQuestion,
  context: QuestionContext,
  findInLake: FindListedRows,
  limits?: Allowance,
): Promise<DetectionsAnswer> {
  const { location, limit = LIMIT } = question;
  const window = windowOf(question, context.now());
  const after = question.cursor === undefined ? null : readCursor(question.cursor);
  const { snapshots } = context;
  // Also no forgetting may have begun meanwhile, or a page could show a part of it.
  const isStillValid = async (snapshot: Snapshot): Promise<boolean> =>
    (await snapshots.isStillListed(snapshot)) && snapshots.isStillValid(snapshot);
  const { pageEntries, hasMore, rows, lakeRows, snapshot, searched } = await readOnValidSnapshot(
    { ...snapshots, isStillValid },
    await snapshots.current(),
    async (snapshot) => {
      const { horizon } = planSnapshotOf(snapshot, context.now());
      const searched = await context.clipWindow(window, snapshot, limits);
      const speedEpochs = speedEpochsOf(searched, planSnapshotOf(snapshot, context.now()));
      const isLeaving = await context.leaving(snapshot.forgetting);
      const views = isLeaving ? { ...context, batchView: without(context.batchView, isLeaving) } : context;
      // One more entry than the limit shows whether there is a next page.
      const page = { scope: location, window: searched, after, limit: limit + 1 };
      const entries = await listPage(page, { horizon, speedEpochs }, views, limits);
      const found = await rowsOf(entries.slice(0, limit), context, findInLake, limits);
      return { ...found, hasMore: entries.length > limit, snapshot, searched };
    },
  );
  const places = await context.places();
  const last = pageEntries.at(-1);
  return {
    location,
    ...window,
    ...searchedField(window, searched),
    detections: pageEntries.map((entry, index) =>
      listedRow(entry, { row: rows[index] ?? null, lakeRow: lakeRows.get(entryKey(entry)) }, places, snapshot.rules),
    ),
    next_cursor: hasMore && last ? writeCursor(last) : null,
    view: viewOf(snapshot, places, context.now(), { window, doubted: doubtOfEntries(pageEntries) }),
  };
}

/** The lists without what a forgetting takes out of them. */
const without = (view: QuestionContext['batchView'], isLeaving: IsLeaving): QuestionContext['batchView'] => ({
  read: (reading, limits) => view.read(reading, limits),
  list: async (reading, limits) => (await view.list(reading, limits)).filter((entry) => !isLeaving(entry)),
});

interface PageRows {
  readonly pageEntries: readonly PlacedDetection[];
  /** One for each entry. */
  readonly rows: readonly (FirstMet | null)[];
  readonly lakeRows: ReadonlyMap<string, LakeRow>;
}

async function rowsOf(
  pageEntries: readonly PlacedDetection[],
  { detections }: Pick<QuestionContext, 'detections'>,
  findInLake: FindListedRows,
  limits: Allowance | undefined,
): Promise<PageRows> {
  const ids = pageEntries.map(({ id }) => id);
  const rows = requireAnswers('detections', await detections.find(ids, limits));
  const missing = pageEntries.filter((entry, index) => !isRowOf(rows[index] ?? null, entry));
  const lakeRows = missing.length === 0 ? new Map<string, LakeRow>() : await findInLake(missing, limits);
  return { pageEntries, rows, lakeRows };
}

function isRowOf(row: FirstMet | null, entry: PlacedDetection): row is FirstMet {
  return row !== null && row.detection.detectedAt === entry.detectedAt && row.detection.location === entry.location;
}

function listedRow(
  entry: PlacedDetection,
  { row, lakeRow }: { row: FirstMet | null; lakeRow: LakeRow | undefined },
  places: PlaceNames,
  rules: Rules,
): ListedRow {
  if (isRowOf(row, entry)) return { ...joinLocation(row, places, rules), incomplete: false };
  if (lakeRow) return { ...joinLakeRow(lakeRow, places, rules), incomplete: false };
  return {
    detection_oid: entry.id,
    geographical_location_oid: entry.location,
    geographical_location: places.nameOf.get(entry.location) ?? null,
    timestamp_detected: entry.detectedAt,
    incomplete: true,
  };
}
