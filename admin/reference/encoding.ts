/**
 * From the bytes of a file that a person saved to text: UTF-8, UTF-16 with or without its mark, or the encoding that is
 * named.
 *
 * csv-rows.ts takes the text. Bytes that are not valid in the encoding become U+FFFD, and locations.ts refuses a name
 * that holds it, so no broken name is loaded. The person must name a one-byte encoding: every byte is a letter in each
 * of them, so the bytes do not tell which one it is.
 */
import iconv from 'iconv-lite';
import { EXIT, Refusal } from '../../core/process/errors.ts';

/** What stands for bytes that are no text. */
export const REPLACEMENT = '\uFFFD';
/** Enough of a file to tell UTF-16 by its zero bytes. */
const SAMPLE_BYTES = 512;

/**
 * Throws a Refusal (usage) if nobody knows the encoding's name. A byte-order mark wins over `encoding` and is taken
 * off.
 */
export function decodeText(bytes: Buffer, encoding?: string): string {
  if (encoding !== undefined && !iconv.encodingExists(encoding)) {
    throw new Refusal(
      EXIT.usage,
      `--encoding: "${encoding}" is unknown; utf-8, utf-16le, windows-1252 or iso-8859-2 are examples`,
    );
  }
  const found = encodingOfMark(bytes) ?? encoding ?? encodingOfZeros(bytes) ?? 'utf-8';
  return iconv.decode(bytes, found, { stripBOM: true });
}

function encodingOfMark(bytes: Buffer): string | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : null;
}

/** A header of ASCII letters in UTF-16 has a zero in every second byte; in UTF-8 it has none. */
function encodingOfZeros(bytes: Buffer): string | null {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  const zeros = { even: 0, odd: 0 };
  for (const [at, byte] of sample.entries()) if (byte === 0) zeros[at % 2 === 0 ? 'even' : 'odd']++;
  const many = sample.length / 4;
  if (zeros.odd > many && zeros.even === 0) return 'utf-16le';
  return zeros.even > many && zeros.odd === 0 ? 'utf-16be' : null;
}
