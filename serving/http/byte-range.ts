/**
 * Which bytes of a file a request wants: `Range` and `If-Range` (RFC 9110, section 14), and `If-None-Match`.
 *
 * http/footage.ts asks it. A header that the standard allows a server to ignore is ignored, and the answer is the whole
 * file: another unit, a text that is no range, several ranges at once, an `If-Range` that names another version.
 */
import type { ByteRange } from '../../core/stores/hdfs/types.ts';
import { RangeNotSatisfiable } from '../faults.ts';

type RequestHeaders = Pick<Request, 'headers'>;

/** Null: the whole file. Throws RangeNotSatisfiable for a range that begins after the end. */
export function wantedRange({ headers }: RequestHeaders, etag: string, fileBytes: number): ByteRange | null {
  const wanted = headers.get('range');
  const ifRange = headers.get('if-range');
  if (wanted === null || (ifRange !== null && ifRange !== etag)) return null;
  const [, first = '', last = ''] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(wanted) ?? [];
  if (first === '' && last === '') return null;
  if (first !== '' && last !== '' && Number(first) > Number(last)) return null;
  const offset = first === '' ? Math.max(0, fileBytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? fileBytes : Math.min(Number(last) + 1, fileBytes);
  if (offset >= end) throw new RangeNotSatisfiable(wanted.slice(0, 60), fileBytes);
  return { offset, bytes: end - offset };
}

/** Whether the client has this version of the file already. */
export function isKnownVersion({ headers }: RequestHeaders, etag: string): boolean {
  const known = (headers.get('if-none-match') ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  return known.includes(etag) || known.includes('*');
}
