/**
 * Rows of one epoch that is not published yet: the speed view's lists say which, the table `detections` says what.
 *
 * rows.ts takes them epoch by epoch. The epoch is read in slices of time, sized by the counts of its minutes, each list
 * whole before its rows are joined, because the epoch may be published and pruned on the way: `isThere` is asked after
 * each list, and where it says no the caller goes on with the lake, from the slice that was not used.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { PlacedDetection } from '../../core/stores/views/list-view.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { PlaceNames } from '../counts/location-names.ts';
import type { Asking } from '../counts/question-context.ts';
import type { TimeWindow } from '../counts/window.ts';
import type { ExportRow } from './row.ts';
import { HOUR_MS, hourOf, MINUTE_MS, SECOND_MS } from '../../core/domain/time.ts';
import type { Instant } from '../../core/domain/time.ts';
import { requireAnswers } from '../../core/stores/rows/answers.ts';
import { GREATEST_OID } from '../lists/list-part.ts';

export interface SpeedQuestion {
  readonly window: TimeWindow;
  readonly location: Scope;
  readonly epoch: Epoch;
  readonly places: PlaceNames;
  /** Whether everything of the epoch was still in the speed view until now. */
  readonly isThere: () => Promise<boolean>;
  readonly limits?: ReadLimits | undefined;
}

type Stores = Pick<Asking, 'speedView' | 'detections'>;

const SLICE_DETECTIONS = 20_000;
const JOINED_AT_ONCE = 1_000;

/**
 * In the order of time. Ends early if the epoch has left the speed view; `given.upTo` then says which rows were given:
 * those before it.
 */
export async function* speedRows(
  question: SpeedQuestion,
  stores: Stores,
  given: { upTo: Instant },
): AsyncGenerator<ExportRow[]> {
  const { epoch, location, places, isThere, limits } = question;
  const slices = await slicesOf(question, stores);
  if (!(await isThere())) return;
  for (const { from, to } of slices) {
    const hour = hourOf(from);
    const before = to % HOUR_MS === 0 ? {} : { after: { detectedAt: to, id: GREATEST_OID } };
    const listed = await stores.speedView.list(
      location,
      [epoch],
      { from: hour, to: hour },
      { notBefore: from, ...before },
      limits,
    );
    if (!(await isThere())) return;
    for (let at = 0; at < listed.length; at += JOINED_AT_ONCE)
      yield await joined(listed.slice(at, at + JOINED_AT_ONCE), places, stores, limits);
    given.upTo = to;
  }
}

/**
 * Slices of the window that hold something, each within a minute and, as far as whole seconds allow, of bounded length.
 */
async function slicesOf(
  { window, location, epoch, limits }: SpeedQuestion,
  { speedView }: Stores,
): Promise<TimeWindow[]> {
  const hours = { from: hourOf(window.from), to: hourOf((window.to - 1) as Instant) };
  const counts = new Map<number, number>();
  for (const { hour, cells } of await speedView.read(location, [epoch], hours, ['minute'], undefined, limits)) {
    for (const { minute, count } of cells) {
      const start = hour * HOUR_MS + minute * MINUTE_MS;
      counts.set(start, (counts.get(start) ?? 0) + count);
    }
  }
  return [...counts].sort(([a], [b]) => a - b).flatMap(([start, count]) => slicesOfMinute(start, count, window));
}

function slicesOfMinute(start: number, count: number, window: TimeWindow): TimeWindow[] {
  const parts = Math.min(MINUTE_MS / SECOND_MS, Math.ceil(count / SLICE_DETECTIONS));
  const widthMs = Math.ceil(MINUTE_MS / SECOND_MS / parts) * SECOND_MS;
  const slices: TimeWindow[] = [];
  for (let at = start; at < start + MINUTE_MS; at += widthMs) {
    const from = Math.max(at, window.from) as Instant;
    const to = Math.min(at + widthMs, start + MINUTE_MS, window.to) as Instant;
    if (from < to) slices.push({ from, to });
  }
  return slices;
}

async function joined(
  listed: readonly PlacedDetection[],
  places: PlaceNames,
  { detections }: Stores,
  limits: ReadLimits | undefined,
): Promise<ExportRow[]> {
  const rows = requireAnswers(
    'detections',
    await detections.find(
      listed.map(({ id }) => id),
      limits,
    ),
  );
  return listed.map((entry, index) => exported(entry, rows[index] ?? null, places));
}

/** A row that tells of another detection of the same id does not count: it came again after W. */
function exported(entry: PlacedDetection, row: FirstMet | null, { nameOf }: PlaceNames): ExportRow {
  const met = row?.detection.detectedAt === entry.detectedAt && row.detection.location === entry.location ? row : null;
  return {
    geographical_location_oid: entry.location,
    video_camera_oid: met?.detection.camera ?? null,
    detection_oid: entry.id,
    item_name: met?.detection.item ?? null,
    timestamp_detected: entry.detectedAt,
    geographical_location: nameOf.get(entry.location) ?? null,
    detected_at: entry.detectedAt,
    arrived_at: met?.arrival ?? null,
    kafka_partition: met?.partition ?? null,
    kafka_offset: met?.offset ?? null,
  };
}
