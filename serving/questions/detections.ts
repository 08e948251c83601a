/**
 * The detections of a place in a window, newest first, page by page.
 *
 * The lists say which (listing.ts), the rows of `detections` say what. A row that is gone (it lives for days, a list
 * for as long as its epoch) or that by now tells of a later detection of the same id does not take its entry with it:
 * the lake has it. What the lake could not give in time is shown with what the list knows, marked incomplete.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { PlacedDetection } from '../../core/stores/views/list-view.ts';
import type { DetectionsAnswer, ListedRow } from '../answers.ts';
import type { Allowance } from '../bounds/allowance.ts';
import type { ListedInLake } from '../lake/listed-rows.ts';
import type { PlaceNames } from '../counts/location-names.ts';
import type { Asking } from '../counts/question-context.ts';
import type { WindowQuestion } from '../counts/window.ts';
import type { LakeRow } from '../lake/lake-row.ts';
import { requireAnswers } from '../../core/stores/rows/answers.ts';
import { planSnapshotOf, viewOf, readOnValidSnapshot } from '../counts/counts.ts';
import { readCursor, writeCursor } from '../lists/cursor.ts';
import { joined, joinedOfLake } from './join.ts';
import { listedKey } from '../lake/listed-rows.ts';
import { listPage } from '../lists/listing.ts';
import { speedEpochsOf } from '../counts/plan.ts';
import { searchedIn } from '../counts/clip-window.ts';
import { windowOf } from '../counts/window.ts';

export type DetectionsQuestion = WindowQuestion & { location: Scope; limit?: number; cursor?: string | undefined };

const LIMIT = 50;

export async function detections(
  question: DetectionsQuestion,
  asking: Asking,
  inLake: ListedInLake,
  limits?: Allowance,
): Promise<DetectionsAnswer> {
  const { location, limit = LIMIT } = question;
  const window = windowOf(question, asking.now());
  const after = question.cursor === undefined ? null : readCursor(question.cursor);
  const { entries, snapshot, searched } = await readOnValidSnapshot(
    asking.snapshots,
    await asking.snapshots.current(),
    async (snapshot) => {
      const { horizon } = planSnapshotOf(snapshot, asking.now());
      const searched = await asking.searched(window, snapshot, limits);
      const speedEpochs = speedEpochsOf(searched, planSnapshotOf(snapshot, asking.now()));
      // One more than asked for tells whether there is a next page.
      const page = { scope: location, window: searched, after, limit: limit + 1 };
      return { entries: await listPage(page, { horizon, speedEpochs }, asking, limits), snapshot, searched };
    },
  );
  const shown = entries.slice(0, limit);
  const rows = requireAnswers(
    'detections',
    await asking.detections.find(
      shown.map(({ id }) => id),
      limits,
    ),
  );
  const isGone = (entry: PlacedDetection, index: number): boolean => !tellsOf(rows[index] ?? null, entry);
  const gone = shown.filter(isGone);
  const ofLake = gone.length === 0 ? new Map<string, LakeRow>() : await inLake(gone, limits);
  const places = await asking.places();
  const last = shown.at(-1);
  return {
    location,
    ...window,
    ...searchedIn(window, searched),
    detections: shown.map((entry, index) =>
      listedRow(entry, rows[index] ?? null, ofLake.get(listedKey(entry)), places, snapshot.rules),
    ),
    next_cursor: entries.length > limit && last ? writeCursor(last) : null,
    view: viewOf(snapshot, places, asking.now()),
  };
}

function tellsOf(row: FirstMet | null, entry: PlacedDetection): row is FirstMet {
  return row !== null && row.detection.detectedAt === entry.detectedAt && row.detection.location === entry.location;
}

function listedRow(
  entry: PlacedDetection,
  row: FirstMet | null,
  ofLake: LakeRow | undefined,
  places: PlaceNames,
  rules: Rules,
): ListedRow {
  if (tellsOf(row, entry)) return { ...joined(row, places, rules), incomplete: false };
  if (ofLake) return { ...joinedOfLake(ofLake, places, rules), incomplete: false };
  return {
    detection_oid: entry.id,
    geographical_location_oid: entry.location,
    geographical_location: places.nameOf.get(entry.location) ?? null,
    timestamp_detected: entry.detectedAt,
    incomplete: true,
  };
}
