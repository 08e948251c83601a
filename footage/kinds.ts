/**
 * What a file is, by its first bytes: names lie, and a browser is later told what this says.
 *
 *   jpg   FF D8 FF                      png   89 50 4E 47 0D 0A 1A 0A
 *   mp4   size:u4 'ftyp' brand:4        a brand of ISO base media; HEIF pictures (heic, avif …) are none
 */
import type { FootageKind } from '../core/layout/footage.ts';

/** How many first bytes tell the kind. */
export const HEAD_BYTES = 12;

const JPEG = Buffer.from([0xff, 0xd8, 0xff]);
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const FILM_BRANDS = /^(isom|iso[2-9]|mp4[12]|avc1|M4V |MSNV|dash|mmp4|3gp[4-9])$/;

export function kindOf(head: Buffer): FootageKind | null {
  if (head.subarray(0, 3).equals(JPEG)) return 'jpg';
  if (head.subarray(0, 8).equals(PNG)) return 'png';
  const isMedia = head.length >= HEAD_BYTES && head.toString('latin1', 4, 8) === 'ftyp';
  return isMedia && FILM_BRANDS.test(head.toString('latin1', 8, 12)) ? 'mp4' : null;
}
