/**
 * The newest detections of all places together, exactly, without a list of their own (it would double the writes of each).
 *
 * listing.ts hands over some hours. The counts of all places' minutes say in which minutes the newest entries lie, the counts by
 * minute and place say whose lists hold them, and only those lists are read, in slices of time that begin with the width in which
 * a page should lie and grow. Slices are disjoint and go back in time, so nothing is missed or repeated. The cost: two reads of
 * counts, and for each slice one read of at most a row for each of the places, epochs and partitions.
 */
import type { Level } from '../core/domain/counts.ts';
import type { Oid } from '../core/domain/oid.ts';
import type { Instant } from '../core/domain/time.ts';
import type { CountRow, Hours, Minutes, PlacedDetection } from '../core/stores/count-view.ts';
import type { Part } from './list-part.ts';
import { oid } from '../core/domain/oid.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../core/domain/time.ts';
import { GREATEST_OID, ofPlaces } from './list-part.ts';

const NARROWEST_SLICE_MS = SECOND_MS;
const SLICE_GROWTH = 4;

/** The newest `limit` of the hours, sorted. */
export async function ofAllPlaces(part: Part): Promise<PlacedDetection[]> {
  const countsOf = await countsByHour(part);
  const entries: PlacedDetection[] = [];
  for (let hour = part.hours.to; hour >= part.hours.from && entries.length < part.limit; hour--) {
    const counts = countsOf.get(hour);
    if (!counts) continue;
    const after = hour === part.hours.to ? part.after : undefined;
    entries.push(...(await ofHour({ ...part, hours: { from: hour, to: hour }, after, limit: part.limit - entries.length }, counts)));
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
    const places = await placesIn(part, span);
    const from = startMs + span.from * MINUTE_MS;
    let widthMs = Math.max(NARROWEST_SLICE_MS, Math.ceil((2 * part.limit * (end - from)) / span.counted));
    for (; end > from && entries.length < part.limit; widthMs *= SLICE_GROWTH) {
      const notBefore = Math.max(from, end - widthMs) as Instant;
      entries.push(...(await ofPlaces(places, { ...part, after, limit: part.limit - entries.length }, notBefore)));
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
  for (const { hour, cells } of await readCounts(part, part.hours, 'minute')) {
    let ofHour = counts.get(hour);
    if (!ofHour) counts.set(hour, (ofHour = new Array<number>(60).fill(0)));
    for (const { minute, count } of cells) ofHour[minute]! += count;
  }
  return counts;
}

async function placesIn(part: Part, { from, to }: Minutes): Promise<Oid[]> {
  const rows = await readCounts(part, part.hours, 'minute_place', { from, to });
  return [...new Set(rows.flatMap(({ cells }) => cells.map(({ subject }) => subject)))].map(oid);
}

async function readCounts({ seam, views }: Part, hours: Hours, level: Level, minutes?: Minutes): Promise<CountRow[]> {
  const rows = await Promise.all([
    seam.horizon === null ? [] : views.batchView.read('all', seam.horizon, hours, [level], minutes),
    seam.speedEpochs.length === 0 ? [] : views.speedView.read('all', seam.speedEpochs, hours, [level], minutes),
  ]);
  return rows.flat();
}
