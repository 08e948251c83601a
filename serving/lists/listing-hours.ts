/**
 * The newest detections of some hours, exactly, out of lists that are kept by the second.
 *
 * listing.ts hands over the hours. The counts of the scope's minutes say in which minutes its newest entries lie, and
 * only those are read, in slices of time that begin with the width in which a page should lie and grow. Slices are
 * disjoint and go back in time, so nothing is missed or repeated. The cost: one read of counts, and for each slice one
 * read of the lists. A list holds the places of a group together, so a place that is seldom seen is looked for among
 * its neighbours.
 */
import type { Instant } from '../../core/domain/time.ts';
import type { CountRow, Minutes } from '../../core/stores/views/count-view.ts';
import type { PlacedDetection } from '../../core/stores/views/list-view.ts';
import type { Part } from './list-part.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../core/domain/time.ts';
import { GREATEST_OID, ofSlice } from './list-part.ts';

const NARROWEST_SLICE_MS = SECOND_MS;
const SLICE_GROWTH = 4;

/** The newest `limit` of the hours, sorted. */
export async function ofHours(part: Part): Promise<PlacedDetection[]> {
  const countsOf = await countsByHour(part);
  const entries: PlacedDetection[] = [];
  for (let hour = part.hours.to; hour >= part.hours.from && entries.length < part.limit; hour--) {
    const counts = countsOf.get(hour);
    if (!counts) continue;
    const after = hour === part.hours.to ? part.after : undefined;
    entries.push(
      ...(await ofHour(
        { ...part, hours: { from: hour, to: hour }, after, limit: part.limit - entries.length },
        counts,
      )),
    );
  }
  return entries;
}

async function ofHour(part: Part, counts: readonly number[]): Promise<PlacedDetection[]> {
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
      entries.push(...(await ofSlice({ ...part, after, limit: part.limit - entries.length }, notBefore)));
      end = notBefore;
      after = { detectedAt: notBefore, id: GREATEST_OID };
    }
  }
  return entries;
}

/** Minutes back from `end` (a fraction of the hour in minutes) until the whole ones among them hold `needed`. */
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

/** Detections of each minute, of the hours that have any. */
async function countsByHour(part: Part): Promise<Map<number, number[]>> {
  const counts = new Map<number, number[]>();
  for (const { hour, cells } of await minutesOf(part)) {
    let ofHour = counts.get(hour);
    if (!ofHour) counts.set(hour, (ofHour = new Array<number>(60).fill(0)));
    for (const { minute, count } of cells) ofHour[minute]! += count;
  }
  return counts;
}

async function minutesOf({ scope, hours, snapshot, views, limits }: Part): Promise<CountRow[]> {
  const rows = await Promise.all([
    snapshot.horizon === null
      ? []
      : views.batchView.read(scope, snapshot.horizon, hours, ['minute'], undefined, limits),
    snapshot.speedEpochs.length === 0
      ? []
      : views.speedView.read(scope, snapshot.speedEpochs, hours, ['minute'], undefined, limits),
  ]);
  return rows.flat();
}
