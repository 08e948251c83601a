/**
 * What each camera's footage was like in each hour: small JSON files beside the facts, one an hour.
 *
 * footage/analysis/ writes them after an analysis and after an erasure; serving reads them, so no question needs Spark
 * or the facts. The file of an hour is replaced as a whole. Those that were read lately are kept until HDFS shows
 * another time or length of the file.
 */
import { z } from 'zod';
import { dateOf, DAY_MS, HOUR_MS } from '../../domain/time.ts';
import { cameraHoursFile, cameraHoursFolder, hourOfCameraHoursFile } from '../../layout/footage-facts.ts';
import { inLanes } from '../../process/lanes.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import type { FileFacts, Hdfs } from '../hdfs/types.ts';

/** What may be wrong with a camera, the worst first. */
export const cameraFlags = ['silent', 'dark', 'frozen', 'blurred'] as const;
export type CameraFlag = (typeof cameraFlags)[number];

const whole = z.number().int();
const count = whole.min(0);

const CameraHour = z.object({
  video_camera_oid: z.string(),
  /** The place that the camera's latest detections name; null if no detection is in the lake. */
  geographical_location_oid: z.string().nullable(),
  frames: count,
  films: count,
  /** Frames and films that could not be decoded. */
  faults: count,
  /** Detections of the hour in the lake when the hour was summed up. */
  detections: count,
  /** Means of the frames that were decoded; null without one. */
  brightness: z.number().nullable(),
  sharpness: z.number().nullable(),
  /** How many frames look like the most frequent one of the hour. */
  alike: count,
  last_taken_at: whole.nullable(),
  flags: z.array(z.enum(cameraFlags)),
});
export type CameraHour = Readonly<z.infer<typeof CameraHour>>;

export const CameraHours = z.object({
  version: z.literal(1),
  /** Beginning of the hour. */
  from: whole,
  /** End of the last analysed epoch that lies in the hour; the hour's end when all of it is analysed. */
  analysed_to: whole,
  cameras: z.array(CameraHour),
});
export type CameraHours = Readonly<z.infer<typeof CameraHours>>;

export interface CameraHoursStore {
  /** The hours that begin within [from, to) and that are analysed at least in part, oldest first. */
  between(window: { readonly from: number; readonly to: number }, limits?: ReadLimits): Promise<CameraHours[]>;
}

const LANES = 8;
/** Two weeks; a file of 100 cameras takes some 40 kB in memory. */
const KEPT_HOURS = 336;

export function cameraHoursStore(hdfs: Hdfs, keptHours = KEPT_HOURS): CameraHoursStore {
  const kept = new Map<string, { readonly hours: CameraHours; readonly stamp: string }>();
  const read = async (file: FileFacts, limits?: ReadLimits): Promise<CameraHours> => {
    const stamp = `${file.modifiedAtMs}:${file.bytes}`;
    const known = kept.get(file.path);
    if (known?.stamp === stamp) return known.hours;
    const hours = CameraHours.parse(JSON.parse((await hdfs.read(file.path, limits)).toString()));
    kept.delete(file.path);
    kept.set(file.path, { hours, stamp });
    for (const oldest of kept.keys()) {
      if (kept.size <= keptHours) break;
      kept.delete(oldest);
    }
    return hours;
  };
  return {
    async between({ from, to }, limits) {
      const files: FileFacts[] = [];
      for (let day = Date.parse(dateOf(from)); day < to; day += DAY_MS)
        files.push(...(await hdfs.list(cameraHoursFolder(dateOf(day)), limits)).filter(isWithin));
      const found: CameraHours[] = [];
      await inLanes(LANES, files, async (file) => void found.push(await read(file, limits)));
      return found.sort((a, b) => a.from - b.from);

      function isWithin({ path }: FileFacts): boolean {
        const hour = hourOfCameraHoursFile(path);
        return hour !== null && hour >= from && hour < to;
      }
    },
  };
}

export async function writeCameraHours(hdfs: Hdfs, hours: CameraHours): Promise<void> {
  await hdfs.write(cameraHoursFile(hours.from), Buffer.from(`${JSON.stringify(hours)}\n`));
}

/** Whether all of the hour is analysed. */
export function isWholeHour({ from, analysed_to }: CameraHours): boolean {
  return analysed_to >= from + HOUR_MS;
}
