/**
 * Rows of one unpublished epoch: the lists of the speed view name them, the table `detections` has their columns.
 *
 * rows.ts reads one epoch after the other. The epoch is read in slices of time, whose size follows from the counts of
 * its minutes. Each slice's list is read completely before its rows are joined. The epoch may be published and pruned
 * meanwhile: `isInSpeedView` is checked after each list, and if it is false the caller continues with the lake, from
 * the slice that was not used.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { PlacedDetection } from '../../core/stores/views/list-view.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { PlaceNames } from '../counts/location-names.ts';
import type { QuestionContext } from '../counts/question-context.ts';
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
  /** Whether the speed view has held the complete epoch until now. */
  readonly isInSpeedView: () => Promise<boolean>;
  readonly limits?: ReadLimits | undefined;
}

type Stores = Pick<QuestionContext, 'speedView' | 'detections'>;

const SLICE_DETECTIONS = 20_000;
const JOINED_AT_ONCE = 1_000;

/**
 * Yields rows in the order of time. Ends early if the epoch has left the speed view; all rows before `position.upTo`
 * have then been yielded.
 */
export async function* speedRows(
  question: SpeedQuestion,
  stores: Stores,
  position: { upTo: Instant },
): AsyncGenerator<ExportRow[]> {
  const { epoch, location, places, isInSpeedView, limits } = question;
  const slices = await slicesOf(question, stores);
  if (!(await isInSpeedView())) return;
  for (const { from, to } of slices) {
    const hour = hourOf(from);
    const before = to % HOUR_MS === 0 ? {} : { after: { detectedAt: to, id: GREATEST_OID } };
    const entries = await stores.speedView.list(
      { scope: location, epochs: [epoch], hours: { from: hour, to: hour }, bounds: { notBefore: from, ...before } },
      limits,
    );
    if (!(await isInSpeedView())) return;
    for (let at = 0; at < entries.length; at += JOINED_AT_ONCE)
      yield await joinRows(entries.slice(at, at + JOINED_AT_ONCE), places, stores, limits);
    position.upTo = to;
  }
}

/**
 * Slices of the window that have detections; each is within a minute and has a limited number of them, as far as whole
 * seconds allow.
 */
async function slicesOf(
  { window, location, epoch, limits }: SpeedQuestion,
  { speedView }: Stores,
): Promise<TimeWindow[]> {
  const hours = { from: hourOf(window.from), to: hourOf((window.to - 1) as Instant) };
  const counts = new Map<number, number>();
  for (const { hour, cells } of await speedView.read(
    { scope: location, epochs: [epoch], hours, levels: ['minute'] },
    limits,
  )) {
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

async function joinRows(
  entries: readonly PlacedDetection[],
  places: PlaceNames,
  { detections }: Stores,
  limits: ReadLimits | undefined,
): Promise<ExportRow[]> {
  const rows = requireAnswers(
    'detections',
    await detections.find(
      entries.map(({ id }) => id),
      limits,
    ),
  );
  return entries.map((entry, index) => exportRow(entry, rows[index] ?? null, places));
}

/** A row of another detection with the same id is ignored: the id came again after W. */
function exportRow(entry: PlacedDetection, row: FirstMet | null, { nameOf }: PlaceNames): ExportRow {
  const firstMet =
    row?.detection.detectedAt === entry.detectedAt && row.detection.location === entry.location ? row : null;
  return {
    geographical_location_oid: entry.location,
    video_camera_oid: firstMet?.detection.camera ?? null,
    detection_oid: entry.id,
    item_name: firstMet?.detection.item ?? null,
    timestamp_detected: entry.detectedAt,
    geographical_location: nameOf.get(entry.location) ?? null,
    detected_at: entry.detectedAt,
    arrived_at: firstMet?.arrival ?? null,
    kafka_partition: firstMet?.partition ?? null,
    kafka_offset: firstMet?.offset ?? null,
  };
}
