/**
 * A token of Hadoop in its text form, as HBase and HDFS give it out (Token.encodeToUrlString).
 *
 * text = base64url of: identifier password kind service, each as length:vint bytes
 *
 * The identifier says who we are and which key signed it; the password is the signature. security-settings.ts checks a
 * token with this file, and core/hbase signs in with its two parts.
 */
export interface HadoopToken {
  readonly identifier: Buffer;
  readonly password: Buffer;
  /** `HBASE_AUTH_TOKEN`, `HDFS_DELEGATION_TOKEN`, … */
  readonly kind: string;
}

/** Null if the text is no such token. */
export function decodeToken(text: string): HadoopToken | null {
  const bytes = Buffer.from(text, 'base64url');
  const parts: Buffer[] = [];
  let at = 0;
  while (parts.length < 4) {
    const length = readVint(bytes, at);
    if (length === null || length.value < 0 || length.end + length.value > bytes.length) return null;
    at = length.end + length.value;
    parts.push(bytes.subarray(length.end, at));
  }
  if (at !== bytes.length) return null;
  const [identifier, password, kind] = parts;
  return { identifier: identifier!, password: password!, kind: kind!.toString('utf8') };
}

/** Hadoop's vint: a byte from −112 to 127 is the number; a lesser one says how many bytes follow. */
function readVint(bytes: Buffer, at: number): { value: number; end: number } | null {
  if (at >= bytes.length) return null;
  const first = bytes.readInt8(at);
  if (first >= -112) return { value: first, end: at + 1 };
  const isNegative = first < -120;
  const size = isNegative ? -120 - first : -112 - first;
  if (size > 6 || at + 1 + size > bytes.length) return null;
  const value = bytes.readUIntBE(at + 1, size);
  return { value: isNegative ? -1 - value : value, end: at + 1 + size };
}
