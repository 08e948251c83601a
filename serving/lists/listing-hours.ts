/**
 * The newest detections of some hours, from lists that are kept by the second.
 *
 * listing.ts passes the hours. The counts of the minutes tell which minutes hold the newest entries, and only those are
 * read, in slices of time. The first slice is as wide as a page probably needs; later slices grow. Slices are disjoint
 * and go back in time, so no entry is missing or repeated. The cost is one read of counts and one read of the lists for
 * each slice. A list holds a group of places together, so a rare place is searched among its neighbours.
 */
import type { Instant } from '../../core/domain/time.ts';
import type { CountRow, Minutes } from '../../core/stores/views/count-view.ts';
import type { PlacedDetection } from '../../core/stores/views/list-view.ts';
import type { Part } from './list-part.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../core/domain/time.ts';
import { GREATEST_OID, listSlice } from './list-part.ts';

const NARROWEST_SLICE_MS = SECOND_MS;
const SLICE_GROWTH = 4;

/** The newest `limit` entries of the hours, sorted. */
export async function listHours(part: Part): Promise<PlacedDetection[]> {
  const countsOf = await countsByHour(part);
  const entries: PlacedDetection[] = [];
  for (let hour = part.hours.to; hour >= part.hours.from && entries.length < part.limit; hour--) {
    const counts = countsOf.get(hour);
    if (!counts) continue;
    const after = hour === part.hours.to ? part.after : undefined;
    entries.push(
      ...(await listHour(
        { ...part, hours: { from: hour, to: hour }, after, limit: part.limit - entries.length },
        counts,
      )),
    );
  }
  return entries;
}

async function listHour(part: Part, counts: readonly number[]): Promise<PlacedDetection[]> {
  const startMs = part.hours.from * HOUR_MS;
  const entries: PlacedDetection[] = [];
  let { after } = part;
  let end = after ? after.detectedAt + 1 : startMs + HOUR_MS;
  while (end > startMs && entries.length < part.limit) {
    const span = spanOf(counts, (end - startMs) / MINUTE_MS, part.limit - entries.length);
    if (span.counted === 0) break;
    const from = startMs + span.from * MINUTE_MS;
    let widthMs = Math.max(NARROWEST_SLICE_MS, Math.ceil((2 * part.limit * (end - from)) / span.counted));
    for (; end > from && entries.length < part.limit; widthMs *= SLICE_GROWTH) {
      const notBefore = Math.max(from, end - widthMs) as Instant;
      entries.push(...(await listSlice({ ...part, after, limit: part.limit - entries.length }, notBefore)));
      end = notBefore;
      after = { detectedAt: notBefore, id: GREATEST_OID };
    }
  }
  return entries;
}

/** The minutes before `end` (in minutes of the hour, with a fraction) whose whole minutes hold `needed` entries. */
function spanOf(counts: readonly number[], end: number, needed: number): Minutes & { counted: number } {
  const to = Math.ceil(end);
  let from = to;
  let sure = 0;
  let counted = 0;
  while (from > 0 && sure < needed) {
    from--;
    counted += counts[from] ?? 0;
    if (from + 1 <= end) sure += counts[from] ?? 0;
  }
  return { from, to, counted };
}

/** Counts by minute, for the hours that have any. */
async function countsByHour(part: Part): Promise<Map<number, number[]>> {
  const counts = new Map<number, number[]>();
  for (const { hour, cells } of await minutesOf(part)) {
    let ofHour = counts.get(hour);
    if (!ofHour) counts.set(hour, (ofHour = new Array<number>(60).fill(0)));
    for (const { minute, count } of cells) ofHour[minute]! += count;
  }
  return counts;
}

async function minutesOf({ scope, hours, epochs: snapshot, views, limits }: Part): Promise<CountRow[]> {
  const rows = await Promise.all([
    snapshot.horizon === null
      ? []
      : views.batchView.read({ scope, horizon: snapshot.horizon, hours, levels: ['minute'] }, limits),
    snapshot.speedEpochs.length === 0
      ? []
      : views.speedView.read({ scope, epochs: snapshot.speedEpochs, hours, levels: ['minute'] }, limits),
  ]);
  return rows.flat();
}
