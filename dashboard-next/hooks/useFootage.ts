/**
 * Footage on pages: asked for beside the board, since a picture arrives seconds after its detection and never changes.
 *
 * The pages call it only where the server said that there is footage and that the viewer may see it. A question that
 * fails leaves what is on the screen.
 */
import { useEffect, useRef, useState } from 'react';
import type { DetectionAnswer, ListedRow } from '../../serving/answers.ts';
import type { ListedFootage } from '../../serving/footage-answers.ts';
import { serverClock } from '../feed/clock.ts';
import { httpQuestions } from '../feed/http-questions.ts';
import { camerasOf, filmBefore, newestOf, STRIP } from '../model/footage.ts';

const STRIP_EVERY_MS = 10_000;
const LOOK_AGAIN_MS = 3_000;
/** A picture that has not come by then is not waited for. */
const AWAITED_MS = 2 * 60_000;
/** How long before a detection a film of it may begin. */
const FILM_LEAD_MS = 60_000;
const DAY_MS = 86_400_000;

/** The files of a detection; null while nothing is known. */
export function useDetectionFootage(
  { detection_oid: id, timestamp_detected: t }: DetectionAnswer,
  dt: string | null,
): readonly ListedFootage[] | null {
  const [files, setFiles] = useState<readonly ListedFootage[] | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const ask = async (): Promise<void> => {
      const found = await asked()
        .footageOfDetection(id, dt)
        .catch(() => null);
      if (isOver) return;
      if (found) setFiles(found.footage);
      if (!found?.footage.length && Date.now() - t < AWAITED_MS) timer = setTimeout(() => void ask(), LOOK_AGAIN_MS);
    };
    void ask();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [id, t, dt]);
  return files;
}

/** A film of the detection's camera that began shortly before it; null if there is none. */
export function useFilmBefore({
  video_camera_oid: camera,
  timestamp_detected: t,
}: DetectionAnswer): ListedFootage | null {
  const [film, setFilm] = useState<ListedFootage | null>(null);
  useEffect(() => {
    let isOver = false;
    const show = (files: readonly ListedFootage[]): void => void (isOver || setFilm(filmBefore(files, t)));
    const before = { from: Math.max(0, t - FILM_LEAD_MS), to: t + 1 };
    asked()
      .footage({ camera, ...before, limit: 500 })
      .then(
        ({ footage }) => show(footage),
        () => undefined,
      );
    return () => {
      isOver = true;
    };
  }, [camera, t]);
  return film;
}

/** The detections of the same camera while a film runs, oldest first. */
export function useDetectionsDuring(
  { geographical_location_oid: location, video_camera_oid: camera }: DetectionAnswer,
  beganAt: number,
  lengthMs: number,
): readonly ListedRow[] {
  const [rows, setRows] = useState<readonly ListedRow[]>([]);
  useEffect(() => {
    let isOver = false;
    if (lengthMs <= 0) return;
    asked()
      .detections({ location, from: beganAt, to: beganAt + Math.ceil(lengthMs), limit: 500 })
      .then(
        ({ detections }) => {
          const own = detections.filter(({ video_camera_oid }) => video_camera_oid === camera);
          if (!isOver) setRows(own.reverse());
        },
        () => undefined,
      );
    return () => {
      isOver = true;
    };
  }, [location, camera, beganAt, lengthMs]);
  return rows;
}

/** Cameras whose last picture is asked for; each is a list of files. */
const MOST_PICTURES = 24;
const PICTURES_AT_ONCE = 4;
const PICTURES_EVERY_MS = 60_000;
/** Among so many of the newest files there is a picture, unless the camera makes films alone. */
const LOOKED_AT = 4;

/** The newest picture of each of the first cameras, or a film; again every minute unless the page is paused. */
export function useLastPictures(
  cameras: readonly { readonly video_camera_oid: string }[],
  isPaused: boolean,
): ReadonlyMap<string, ListedFootage> {
  const [pictures, setPictures] = useState<ReadonlyMap<string, ListedFootage>>(new Map());
  const oids = cameras.slice(0, MOST_PICTURES).map(({ video_camera_oid }) => video_camera_oid);
  const key = oids.join(' ');
  useEffect(() => {
    let isOver = false;
    const askOne = async (camera: string): Promise<void> => {
      const to = Date.now();
      const { footage } = await asked().footage({ camera, from: to - DAY_MS, to, limit: LOOKED_AT });
      const picture = footage.find(({ kind }) => kind !== 'mp4') ?? footage[0];
      if (picture && !isOver) setPictures((known) => new Map([...known, [camera, picture]]));
    };
    const ask = async (): Promise<void> => {
      if (document.hidden) return;
      const rest = key === '' ? [] : key.split(' ');
      const lane = async (): Promise<void> => {
        for (let camera = rest.shift(); camera !== undefined && !isOver; camera = rest.shift())
          await askOne(camera).catch(() => undefined);
      };
      await Promise.all(Array.from({ length: PICTURES_AT_ONCE }, lane));
    };
    void ask();
    const timer = isPaused ? undefined : setInterval(() => void ask(), PICTURES_EVERY_MS);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [key, isPaused]);
  return pictures;
}

export interface Strip {
  readonly files: readonly ListedFootage[];
  /** It stands still while a pointer or the focus is in it. */
  readonly hold: (isHeld: boolean) => void;
}

/** The newest files of the cameras of the rows, again every ten seconds unless the page is paused. */
export function useStrip(rows: readonly ListedRow[], end: number, isPaused: boolean): Strip {
  const [files, setFiles] = useState<readonly ListedFootage[]>([]);
  const isHeld = useRef(false);
  const latest = useRef({ rows, end });
  latest.current = { rows, end };
  const hasRows = rows.length > 0;
  useEffect(() => {
    let isOver = false;
    const ask = async (): Promise<void> => {
      if (isHeld.current || document.hidden) return;
      const { rows: known, end: to } = latest.current;
      const window = { from: Math.max(0, to - DAY_MS), to, limit: STRIP };
      const lists = camerasOf(known).map((camera) => asked().footage({ camera, ...window }));
      const answers = await Promise.all(lists).catch(() => null);
      if (answers && !isOver && !isHeld.current) setFiles(newestOf(answers));
    };
    void ask();
    const timer = isPaused ? undefined : setInterval(() => void ask(), STRIP_EVERY_MS);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [hasRows, isPaused]);
  return { files, hold: (held) => void (isHeld.current = held) };
}

function asked() {
  return httpQuestions(serverClock(0));
}
