/**
 * The packs of a camera's day, and which frames they hold at which bytes.
 *
 * footage/packs/ writes packs; whoever looks for a frame finds it here and reads `bytes` of them from `offset` of the
 * pack's file. A pack is whole when its file and its index are there: anything else was left by a packing that died,
 * and the next one removes it. Fields of the index that this version does not know are passed over.
 */
import { z } from 'zod';
import type { Oid } from '../../domain/oid.ts';
import { footageKinds } from '../../layout/footage.ts';
import { indexOfPack, packFolder, parsePack } from '../../layout/footage-packs.ts';
import type { Pack, PackedFrame } from '../../layout/footage-packs.ts';
import { EXIT, Refusal } from '../../process/errors.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import { OidText } from './oid-text.ts';
import type { Hdfs } from '../hdfs/types.ts';

const VERSION = 1;

const IndexJson = z.object({
  version: z.literal(VERSION),
  camera: OidText,
  frames: z.array(
    z.object({
      taken_at: z.number().int(),
      detection_oid: OidText.nullable(),
      kind: z.enum(footageKinds),
      sha256: z.string(),
      offset: z.number().int(),
      bytes: z.number().int(),
    }),
  ),
});

export interface DayPacks {
  /** In order of the time of their first frame. */
  readonly whole: readonly Pack[];
  /** Paths of files and indexes whose other half is missing. */
  readonly unfinished: readonly string[];
}

export async function listPacks(
  hdfs: Hdfs,
  camera: Oid | string,
  date: string,
  limits?: ReadLimits,
): Promise<DayPacks> {
  const paths = (await hdfs.list(packFolder(camera, date), limits)).map(({ path }) => path);
  const there = new Set(paths);
  const whole = paths.map(parsePack).filter((pack) => pack !== null && there.has(indexOfPack(pack.path))) as Pack[];
  const used = new Set(whole.flatMap(({ path }) => [path, indexOfPack(path)]));
  return { whole, unfinished: paths.filter((path) => !used.has(path)) };
}

/** In the order of the pack. Throws a Refusal if a later version has written the index. */
export async function readPackIndex(hdfs: Hdfs, pack: Pack, limits?: ReadLimits): Promise<PackedFrame[]> {
  const path = indexOfPack(pack.path);
  const read = IndexJson.safeParse(JSON.parse((await hdfs.read(path, limits)).toString()));
  if (!read.success)
    throw new Refusal(EXIT.usage, `${path} is no index of a pack that this version of Sightline can read`);
  const { camera, frames } = read.data;
  return frames.map(({ taken_at, detection_oid, kind, sha256, offset, bytes }) => ({
    ...{ camera, takenAtMs: taken_at, detection: detection_oid, sha256, kind, offset, bytes },
  }));
}

export function packIndexText(frames: readonly PackedFrame[]): string {
  const lines = frames.map(({ takenAtMs, detection, kind, sha256, offset, bytes }) =>
    JSON.stringify({ taken_at: takenAtMs, detection_oid: detection, kind, sha256, offset, bytes }),
  );
  const camera = frames[0]!.camera;
  return `{"version":${VERSION},"camera":"${camera}","frames":[\n${lines.join(',\n')}\n]}\n`;
}
