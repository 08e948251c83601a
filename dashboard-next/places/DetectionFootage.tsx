/** What a camera handed over of a detection: its picture, and a film of that moment with its detections on a line. */
import { useRef, useState } from 'react';
import type { DetectionAnswer } from '../../serving/answers.ts';
import type { ListedFootage } from '../../serving/footage-answers.ts';
import { pictureText } from '../model/footage.ts';
import { bytes } from '../text/numbers.ts';
import { makeVisible } from '../text/names.ts';
import { clockMs } from '../text/times.ts';
import { useDetectionFootage, useDetectionsDuring, useFilmBefore } from '../hooks/useFootage.ts';
import type { PageState } from '../hooks/usePage.ts';
import { Picture } from './Picture.tsx';

interface Shown {
  readonly detection: DetectionAnswer;
  readonly page: PageState;
}

export function DetectionFootage({ detection, page }: Shown) {
  const files = useDetectionFootage(detection, page.choices.dt);
  const film = useFilmBefore(detection);
  const [first, ...others] = files ?? [];
  const { item_name: item, geographical_location: place, timestamp_detected: t } = detection;
  const text = (file: ListedFootage): string => pictureText(file, { item, place, time: clockMs(t, page.choices.tz) });
  return (
    <section className="card footage" aria-labelledby="picture-title">
      <header>
        <h2 id="picture-title">Picture</h2>
      </header>
      <Picture file={first ?? null} text={first ? text(first) : ''}>
        {files === null ? '' : 'No picture of this detection'}
      </Picture>
      <p className="filenote num">
        {first && (
          <>
            Camera {first.video_camera_oid} · {bytes(first.bytes)} · <a href={first.href}>the file</a>
            {others.map(({ href }, index) => (
              <span key={href}>
                {' '}
                · <a href={href}>{index + 2}</a>
              </span>
            ))}
          </>
        )}
      </p>
      {film && <Film key={film.href} film={film} detection={detection} page={page} />}
    </section>
  );
}

/** Of a film only its own data says how long it is; one that ended before the detection is not shown. */
function Film({ film, detection, page }: Shown & { film: ListedFootage }) {
  const video = useRef<HTMLVideoElement>(null);
  const [lengthMs, setLengthMs] = useState(0);
  const rows = useDetectionsDuring(detection, film.taken_at, lengthMs);
  const offsetMs = detection.timestamp_detected - film.taken_at;
  const seek = (t: number): void => {
    if (video.current) video.current.currentTime = (t - film.taken_at) / 1_000;
  };
  const { geographical_location: place } = detection;
  const time = clockMs(film.taken_at, page.choices.tz);
  return (
    <div className="film" hidden={lengthMs === 0 || offsetMs > lengthMs}>
      <h2>Film of this moment</h2>
      <div className="frame">
        <video
          ref={video}
          src={`${film.href}#t=${Math.max(0, offsetMs) / 1_000}`}
          aria-label={pictureText(film, { item: undefined, place, time })}
          controls
          preload="metadata"
          onLoadedMetadata={(event) => setLengthMs(event.currentTarget.duration * 1_000)}
        />
      </div>
      <svg className="marks" viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true">
        <rect className="all" x="0" y="5" width="1000" height="2" />
        {rows.map(({ detection_oid: id, timestamp_detected: t }) => (
          <rect
            key={id}
            className={id === detection.detection_oid ? 'mark this' : 'mark'}
            x={lengthMs === 0 ? 0 : (995 * (t - film.taken_at)) / lengthMs}
            y="0"
            width="5"
            height="12"
          />
        ))}
      </svg>
      <ul className="moments">
        {rows.slice(0, MOST_MOMENTS).map((row) => (
          <li key={row.detection_oid}>
            <button type="button" className="btn num" onClick={() => seek(row.timestamp_detected)}>
              {clockMs(row.timestamp_detected, page.choices.tz)}{' '}
              <bdi>{makeVisible(row.item_name ?? '–').slice(0, 40)}</bdi>
            </button>
          </li>
        ))}
      </ul>
      {rows.length > MOST_MOMENTS && <p className="filenote">{rows.length - MOST_MOMENTS} more on the line</p>}
    </div>
  );
}

const MOST_MOMENTS = 8;
