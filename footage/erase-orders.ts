/**
 * Orders to erase: what an erase command asked for, kept in HDFS for the files that arrive after it.
 *
 * A copy on a gateway, or in Flume's channel, is out of the command's reach. So `sightline footage erase --execute`
 * writes its order before it removes anything, and settling (settle.ts) removes an arrival that an order covers instead
 * of moving it to its folder. An order covers a time only up to the moment at which it was given: what the camera sees
 * later stays. prune.ts removes an order once it is older than the retention, because a file that it covers is then too
 * old as well. An order that this version cannot read stops settling: otherwise erased footage would come back.
 *
 *   footage/_erasures/camera_7_1795996800000_1796000400000.json
 *   footage/_erasures/detection_9001.json, detection_9001_camera_7.json
 */
import { posix } from 'node:path';
import { z } from 'zod';
import { ERASURES } from '../core/layout/footage.ts';
import type { Footage } from '../core/layout/footage.ts';
import { EXIT, Refusal } from '../core/process/errors.ts';
import { OidText } from '../core/stores/footage/oid-text.ts';
import type { Hdfs } from '../core/stores/hdfs/types.ts';
import { matcher } from '../core/stores/footage/wanted.ts';
import type { Wanted } from '../core/stores/footage/wanted.ts';

const VERSION = 1;

const Ms = z.number().int();

const OrderJson = z.discriminatedUnion('by', [
  z.object({ version: z.literal(VERSION), by: z.literal('time'), camera: OidText, from: Ms, to: Ms }),
  z.object({
    version: z.literal(VERSION),
    by: z.literal('detection'),
    detection: OidText,
    camera: OidText.nullable(),
  }),
]);

/** Writes the order; the same order again replaces it. Nothing is written for a time that is yet to come. */
export async function writeEraseOrder(hdfs: Hdfs, wanted: Wanted, nowMs: number): Promise<void> {
  const given = { version: VERSION, given_at: new Date(nowMs).toISOString() };
  if (wanted.by === 'detection') {
    const { by, detection, camera = null } = wanted;
    const name = `detection_${detection}${camera === null ? '' : `_camera_${camera}`}`;
    return hdfs.write(`${ERASURES}/${name}.json`, jsonLine({ ...given, by, detection, camera }));
  }
  const { by, camera, fromMs: from } = wanted;
  const to = Math.min(wanted.toMs, nowMs);
  if (from >= to) return;
  await hdfs.write(
    `${ERASURES}/camera_${camera}_${from}_${wanted.toMs}.json`,
    jsonLine({ ...given, by, camera, from, to }),
  );
}

const jsonLine = (value: object): Buffer => Buffer.from(`${JSON.stringify(value)}\n`);

/** Whether an order covers a file. */
export type IsErased = (footage: Footage) => boolean;

/** Reads the orders at each call; those that it has read are read again only when they change. */
export function eraseOrders(hdfs: Hdfs): () => Promise<IsErased> {
  let known = new Map<string, IsErased>();
  return async () => {
    const now = new Map<string, IsErased>();
    // A name that begins with "_" is still being written.
    const orders = (await hdfs.list(ERASURES)).filter(({ path }) => /^[a-z].*\.json$/.test(posix.basename(path)));
    for (const { path, modifiedAtMs } of orders) {
      const key = `${path} ${modifiedAtMs}`;
      const covers = known.get(key) ?? (await readOrder(hdfs, path));
      if (covers) now.set(key, covers);
    }
    known = now;
    const all = [...now.values()];
    return (footage) => all.some((covers) => covers(footage));
  };
}

/** Null for an order that was pruned meanwhile. */
async function readOrder(hdfs: Hdfs, path: string): Promise<IsErased | null> {
  if ((await hdfs.facts(path)) === null) return null;
  const read = OrderJson.safeParse(parsed((await hdfs.read(path)).toString()));
  if (!read.success)
    throw new Refusal(
      EXIT.usage,
      `${path} is no erase order that this version of Sightline can read, so settling stops; use the version that ` +
        'wrote it, or give the order again and remove this file',
    );
  const { data } = read;
  return matcher(
    data.by === 'time'
      ? { by: 'time', camera: data.camera, fromMs: data.from, toMs: data.to }
      : { by: 'detection', detection: data.detection, camera: data.camera ?? undefined },
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
