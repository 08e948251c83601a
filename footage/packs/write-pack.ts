/**
 * Writes one pack: frames of one camera and day as a Parquet file, each frame in one piece, and the index beside it.
 *
 * pack.ts chooses the frames and removes their originals afterwards; erase-packed.ts writes what remains of a pack.
 * The bytes of each frame are compared with its hash before they are packed. Then the pack is uploaded under a name
 * that nobody reads, read back whole and compared, and only then renamed, after its index: so what a reader finds is
 * whole, and whoever dies here leaves nothing that counts.
 */
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Footage } from '../../core/layout/footage.ts';
import { settledFile } from '../../core/layout/footage.ts';
import { FRAME_COLUMNS, indexOfPack, packFolder, packName, PACKING } from '../../core/layout/footage-packs.ts';
import type { PackedFrame } from '../../core/layout/footage-packs.ts';
import { dateOf } from '../../core/domain/time.ts';
import { sha256Of } from '../../core/process/file-hash.ts';
import { packIndexText } from '../../core/stores/footage/pack-index.ts';
import { parquetOf } from '../../core/stores/lake/parquet-rows.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';

/** An original whose bytes are not what its name says. It stays where it is. */
export interface Damaged {
  readonly path: string;
}

export interface WrittenPack {
  /** Null if every original was damaged. */
  readonly path: string | null;
  readonly packed: readonly Footage[];
  readonly damaged: readonly Damaged[];
}

/** How many frames are read ahead of the one that is written. */
const READ_AHEAD = 8;
/** Length of a BYTE_ARRAY in Parquet, before its bytes; little-endian. */
const LENGTH_BYTES = 4;
const HEAD_BYTES = 32;

export interface PackSource {
  /** In the order of their settled names, and all of one camera and day. */
  readonly frames: readonly Footage[];
  readonly bytesOf: (frame: Footage) => Promise<Buffer>;
}

/** `scratch` is a folder on this machine. */
export async function writePack(hdfs: Hdfs, source: PackSource, scratch: string): Promise<WrittenPack> {
  const local = join(scratch, 'pack.parquet');
  try {
    const { packed, damaged } = await writeLocal(source, local);
    if (packed.length === 0) return { path: null, packed, damaged };
    const sha256 = await sha256Of(local);
    const { camera, takenAtMs } = packed[0]!;
    const path = `${packFolder(camera, dateOf(takenAtMs))}/${packName(packed, sha256)}`;
    const index = packIndexText(await locate(local, packed));
    await uploadVerified(hdfs, local, sha256, path);
    await hdfs.write(indexOfPack(path), Buffer.from(index));
    if (!(await hdfs.rename(uploading(sha256), path)) && (await hdfs.facts(path)) === null)
      throw new Error(`${uploading(sha256)} is gone before it could be renamed to ${path}`);
    return { path, packed, damaged };
  } finally {
    await rm(local, { force: true });
  }
}

const uploading = (sha256: string): string => `${PACKING}/${sha256}.parquet`;

/** A frame that was written, with what finds it in the file again. */
interface WrittenFrame extends Footage {
  readonly bytes: number;
  readonly head: Buffer;
}

async function writeLocal(source: PackSource, local: string): Promise<{ packed: WrittenFrame[]; damaged: Damaged[] }> {
  const packed: WrittenFrame[] = [];
  const damaged: Damaged[] = [];
  async function* rows(): AsyncGenerator<readonly object[]> {
    for await (const { frame, bytes } of readAhead(source)) {
      const { takenAtMs, detection, kind, sha256 } = frame;
      if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
        damaged.push({ path: settledFile(frame) });
        continue;
      }
      packed.push({ ...frame, bytes: bytes.length, head: Buffer.from(bytes.subarray(0, HEAD_BYTES)) });
      const detection_oid = detection === null ? null : BigInt(detection);
      yield [{ taken_at: takenAtMs, detection_oid, kind, sha256, frame: bytes }];
    }
  }
  await writeFile(local, parquetOf(FRAME_COLUMNS, rows()));
  return { packed, damaged };
}

/** The frames in their order, some of them under way. */
async function* readAhead({ frames, bytesOf }: PackSource): AsyncGenerator<{ frame: Footage; bytes: Buffer }> {
  const underWay: { frame: Footage; bytes: Promise<Buffer> }[] = [];
  let next = 0;
  try {
    while (next < frames.length || underWay.length > 0) {
      while (underWay.length < READ_AHEAD && next < frames.length) {
        const frame = frames[next++]!;
        const bytes = bytesOf(frame);
        bytes.catch(() => undefined);
        underWay.push({ frame, bytes });
      }
      const { frame, bytes } = underWay.shift()!;
      yield { frame, bytes: await bytes };
    }
  } finally {
    await Promise.allSettled(underWay.map(({ bytes }) => bytes));
  }
}

/**
 * Where each frame's bytes begin in the file. They stand in the order of the rows, each after its length; between two
 * frames there may be heads of pages and other columns, so a place counts only if the bytes there have the frame's
 * hash.
 */
async function locate(local: string, written: readonly WrittenFrame[]): Promise<PackedFrame[]> {
  const file = await readFile(local);
  let from = 0;
  return written.map(({ head, ...frame }) => {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(frame.bytes);
    const sought = Buffer.concat([length, head]);
    for (let at = file.indexOf(sought, from); at >= 0; at = file.indexOf(sought, at + 1)) {
      const offset = at + LENGTH_BYTES;
      const end = offset + frame.bytes;
      if (createHash('sha256').update(file.subarray(offset, end)).digest('hex') !== frame.sha256) continue;
      from = end;
      return { ...frame, offset };
    }
    throw new Error(`the frame ${settledFile(frame)} does not stand in one piece in the pack that was written`);
  });
}

async function uploadVerified(hdfs: Hdfs, local: string, sha256: string, path: string): Promise<void> {
  await hdfs.upload(local, uploading(sha256));
  const read = await hdfs.sha256(uploading(sha256));
  if (read === sha256) return;
  throw new Error(`HDFS returned other bytes than were written for ${path}: SHA-256 ${read} instead of ${sha256}`);
}
