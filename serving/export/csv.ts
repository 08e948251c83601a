/**
 * Rows as CSV (RFC 4180): a header, commas, CRLF, fields in quotes where they need them.
 *
 * Item names and names of places come from outside, so csv-text.ts escapes them and no spreadsheet runs them as
 * formulas. Numbers and times stay as they are, so a negative oid stays a number.
 */
import { csvText } from '../../core/domain/csv-text.ts';
import type { ExportRow } from './row.ts';

const HEADER =
  'geographical_location_oid,video_camera_oid,detection_oid,item_name,timestamp_detected,' +
  'geographical_location,detected_at,arrived_at,kafka_partition,kafka_offset\r\n';
/** A batch of long names is written in pieces of this length. */
const PIECE_CHARACTERS = 1_048_576;

export async function* csvOf(batches: AsyncIterable<readonly ExportRow[]>): AsyncGenerator<Uint8Array> {
  let lines = HEADER;
  for await (const rows of batches) {
    for (const row of rows) {
      lines += lineOf(row);
      if (lines.length < PIECE_CHARACTERS) continue;
      yield Buffer.from(lines);
      lines = '';
    }
    if (lines === '') continue;
    yield Buffer.from(lines);
    lines = '';
  }
  if (lines !== '') yield Buffer.from(lines);
}

function lineOf(row: ExportRow): string {
  const fields = [
    row.geographical_location_oid,
    row.video_camera_oid ?? '',
    row.detection_oid,
    csvText(row.item_name ?? ''),
    row.timestamp_detected,
    csvText(row.geographical_location ?? ''),
    csvTime(row.detected_at),
    csvTime(row.arrived_at),
    row.kafka_partition ?? '',
    row.kafka_offset ?? '',
  ];
  return `${fields.join(',')}\r\n`;
}

function csvTime(ms: number | null): string {
  return ms === null ? '' : new Date(ms).toISOString();
}
