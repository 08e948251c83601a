/**
 * The detections of a place in a window, newest first, page by page.
 *
 * The lists say which (listing.ts), the rows of `detections` say what. A row that is gone (it lives for days, a list for as long
 * as its epoch) or that by now tells of a later detection of the same id does not take its entry with it: the entry is shown
 * with what the list knows, marked incomplete.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { PlacedDetection } from '../../core/stores/list-view.ts';
import type { DetectionsAnswer, ListedRow } from '../answers.ts';
import type { WindowQuestion } from '../app.ts';
import type { PlaceNames } from '../places.ts';
import type { Asking } from './asking.ts';
import { found } from '../../core/stores/answers.ts';
import { planSeam, viewOf, whileSeamHolds } from '../counts.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { joined } from '../joined.ts';
import { listPage } from '../listing.ts';
import { speedEpochsOf } from '../plan.ts';
import { windowOf } from '../window.ts';

export type DetectionsQuestion = WindowQuestion & { location: Scope; limit?: number; cursor?: string };

const LIMIT = 50;

export async function detections(question: DetectionsQuestion, asking: Asking): Promise<DetectionsAnswer> {
  const { location, limit = LIMIT } = question;
  const window = windowOf(question, asking.now());
  const after = question.cursor === undefined ? null : readCursor(question.cursor);
  const { entries, seam } = await whileSeamHolds(asking.seams, await asking.seams.current(), async (seam) => {
    const { horizon } = planSeam(seam, asking.now());
    const speedEpochs = speedEpochsOf(window, planSeam(seam, asking.now()));
    // One more than asked for tells whether there is a next page.
    const page = { scope: location, window, after, limit: limit + 1 };
    return { entries: await listPage(page, { horizon, speedEpochs }, asking), seam };
  });
  const shown = entries.slice(0, limit);
  const rows = found('detections', await asking.detections.find(shown.map(({ id }) => id)));
  const places = await asking.places();
  const last = shown.at(-1);
  return {
    location,
    ...window,
    detections: shown.map((entry, index) => listedRow(entry, rows[index] ?? null, places, seam.rules)),
    next_cursor: entries.length > limit && last ? writeCursor(last) : null,
    view: viewOf(seam, places, asking.now()),
  };
}

function listedRow(entry: PlacedDetection, row: FirstMet | null, places: PlaceNames, rules: Rules): ListedRow {
  const tellsOfEntry =
    row !== null && row.detection.detectedAt === entry.detectedAt && row.detection.location === entry.location;
  if (tellsOfEntry) return { ...joined(row, places, rules), incomplete: false };
  return {
    detection_oid: entry.id,
    geographical_location_oid: entry.location,
    geographical_location: places.nameOf.get(entry.location) ?? null,
    timestamp_detected: entry.detectedAt,
    incomplete: true,
  };
}
