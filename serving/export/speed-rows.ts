/**
 * Rows of one epoch that is not published yet: the speed view's lists say which, the table `detections` says what.
 *
 * rows.ts takes them epoch by epoch. The epoch is read in pieces of some places of one hour, sized by their counts, each list
 * whole before its rows are joined, because the epoch may be published and pruned on the way: `isThere` is asked after each
 * list, and where it says no the caller goes on with the lake, from the piece that was not used.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { PlacedDetection } from '../../core/stores/count-view.ts';
import type { PlaceNames } from '../places.ts';
import type { Asking } from '../questions/asking.ts';
import type { TimeWindow } from '../window.ts';
import type { ExportRow } from './row.ts';
import { hourOf } from '../../core/domain/time.ts';
import type { Instant } from '../../core/domain/time.ts';
import { oid } from '../../core/domain/oid.ts';
import { found } from '../../core/stores/answers.ts';

export interface SpeedQuestion {
  readonly window: TimeWindow;
  readonly location: Scope;
  readonly epoch: Epoch;
  readonly places: PlaceNames;
  /** Whether everything of the epoch was still in the speed view until now. */
  readonly isThere: () => Promise<boolean>;
}

interface Piece {
  readonly hour: number;
  readonly places: readonly Oid[];
}

type Stores = Pick<Asking, 'speedView' | 'detections'>;

const PIECE_DETECTIONS = 20_000;
const JOINED_AT_ONCE = 1_000;

/** Ends early if the epoch has left the speed view; `done` then has the places whose rows were given, by hour. */
export async function* speedRows(question: SpeedQuestion, stores: Stores, done: Map<number, Oid[]>): AsyncGenerator<ExportRow[]> {
  const { window, epoch, places, isThere } = question;
  const pieces = await piecesOf(question, stores);
  if (!(await isThere())) return;
  for (const piece of pieces) {
    const hours = { from: piece.hour, to: piece.hour };
    const listed = await stores.speedView.list(piece.places, [epoch], hours);
    if (!(await isThere())) return;
    const wanted = listed.filter(({ detectedAt }) => detectedAt >= window.from && detectedAt < window.to);
    for (let at = 0; at < wanted.length; at += JOINED_AT_ONCE) yield await joined(wanted.slice(at, at + JOINED_AT_ONCE), places, stores);
    done.set(piece.hour, [...(done.get(piece.hour) ?? []), ...piece.places]);
  }
}

async function piecesOf({ window, location, epoch }: SpeedQuestion, { speedView }: Stores): Promise<Piece[]> {
  const hours = { from: hourOf(window.from), to: hourOf((window.to - 1) as Instant) };
  const level = location === 'all' ? 'hour_place' : 'minute';
  const counts = new Map<number, Map<Oid, number>>();
  for (const { hour, cells } of await speedView.read(location, [epoch], hours, [level])) {
    const ofHour = counts.get(hour) ?? new Map<Oid, number>();
    counts.set(hour, ofHour);
    for (const { subject, count } of cells) {
      const place = location === 'all' ? oid(subject) : location;
      ofHour.set(place, (ofHour.get(place) ?? 0) + count);
    }
  }
  return [...counts].sort(([a], [b]) => a - b).flatMap(([hour, ofHour]) => grouped(hour, ofHour));
}

function grouped(hour: number, counts: ReadonlyMap<Oid, number>): Piece[] {
  const pieces: { hour: number; places: Oid[] }[] = [];
  let room = 0;
  for (const [place, count] of counts) {
    if (count > room || pieces.length === 0) {
      pieces.push({ hour, places: [] });
      room = PIECE_DETECTIONS;
    }
    pieces.at(-1)!.places.push(place);
    room -= count;
  }
  return pieces;
}

async function joined(listed: readonly PlacedDetection[], places: PlaceNames, { detections }: Stores): Promise<ExportRow[]> {
  const rows = found('detections', await detections.find(listed.map(({ id }) => id)));
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
