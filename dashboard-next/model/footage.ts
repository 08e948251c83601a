/**
 * What pages show of footage: the newest pictures of a place's cameras, and what a picture shows in words.
 *
 * hooks/useFootage.ts asks for it. Which cameras a place has is known from its latest detections alone.
 */
import type { ListedRow } from '../../serving/answers.ts';
import type { FootageAnswer, ListedFootage } from '../../serving/footage-answers.ts';
import { makeVisible, placeName, shortenName } from '../text/names.ts';

/** Pictures in the strip of a place. */
export const STRIP = 8;
/** Cameras of a place that are asked; each is a list of files. */
const MOST_CAMERAS = 4;

/** Cameras of the rows, the one of the newest row first. */
export function camerasOf(rows: readonly ListedRow[]): string[] {
  const cameras = rows.flatMap(({ video_camera_oid: camera }) => camera ?? []);
  return [...new Set(cameras)].slice(0, MOST_CAMERAS);
}

/** The newest files of several cameras, newest first. */
export function newestOf(answers: readonly FootageAnswer[]): ListedFootage[] {
  const all = answers.flatMap(({ footage }) => footage);
  return all.sort((a, b) => b.taken_at - a.taken_at || (a.href < b.href ? -1 : 1)).slice(0, STRIP);
}

/** `bicycle at Central Station, 14:32:06.412`; without its detection the camera stands for the item. */
export function pictureText(
  { kind, video_camera_oid: camera }: ListedFootage,
  { item, place, time }: { item: string | undefined; place: string | null; time: string },
): string {
  const shown =
    item === undefined ? `${kind === 'mp4' ? 'Film' : 'Picture'} of camera ${camera}` : shortenName(item).text;
  return `${shown} at ${placeName(place) ?? 'an unknown place'}, ${time}`;
}

/** The item of a detection among the rows that a page has. */
export function itemOf({ detection_oid: id }: ListedFootage, rows: readonly ListedRow[]): string | undefined {
  const row = id === null ? undefined : rows.find(({ detection_oid }) => detection_oid === id);
  return row?.item_name === undefined ? undefined : makeVisible(row.item_name);
}

/** A film that may show the moment: of the files before it, the newest film. */
export function filmBefore(files: readonly ListedFootage[], t: number): ListedFootage | null {
  return files.find(({ kind, taken_at }) => kind === 'mp4' && taken_at <= t) ?? null;
}
