/**
 * A form in which footage is kept, as footage-store.ts asks it, and the order of files that every form gives.
 *
 * settled-form.ts is the form of one file each, packed-form.ts that of many frames in one file.
 */
import type { Oid } from '../../domain/oid.ts';
import type { Footage } from '../../layout/footage.ts';
import type { ReadLimits } from '../../process/read-limits.ts';

/** A file and where its bytes are in HDFS. */
export interface FootageFile extends Footage {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
}

/** A place in the order of a camera's files, which need not hold a file. */
export type FootagePosition = Pick<Footage, 'takenAtMs' | 'detection' | 'sha256' | 'kind'>;

export interface FootageQuestion {
  readonly camera: Oid;
  /** [from, to) of takenAtMs. */
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  /** Only files that come after this one, which are older ones. */
  readonly after?: FootagePosition | undefined;
}

/** One way in which files are kept. */
export interface FootageForm {
  /** The days (UTC, YYYY-MM-DD) of which there may be files. */
  days(camera: Oid, limits?: ReadLimits): Promise<string[]>;
  /** At least the first `limit` files of the question, in order; the window lies within one day. */
  ofDay(date: string, question: FootageQuestion, limits?: ReadLimits): Promise<FootageFile[]>;
  find(footage: Footage, limits?: ReadLimits): Promise<FootageFile | null>;
}

/** By time, newest first, then by the rest of the name. */
export function newestFirst(a: FootagePosition, b: FootagePosition): number {
  return b.takenAtMs - a.takenAtMs || (restOf(a) < restOf(b) ? -1 : restOf(a) > restOf(b) ? 1 : 0);
}

const restOf = ({ detection, sha256, kind }: FootagePosition): string => `${detection ?? 'none'}_${sha256}.${kind}`;
