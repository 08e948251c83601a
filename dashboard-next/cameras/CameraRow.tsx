/** One camera: its last picture, its place, what is wrong with it and since when, and its hours. */
import Link from 'next/link';
import type { ReactNode } from 'react';
import type { AnalysedCamera, ListedFootage } from '../../serving/footage-answers.ts';
import { hourText, placeOf, sinceOf, STATES, stripOf } from '../model/cameras.ts';
import { pictureText } from '../model/footage.ts';
import { linkTo } from '../model/routes.ts';
import { clock, clockMs, dayClock } from '../text/times.ts';
import { offsetText } from '../text/zones.ts';
import type { PageState } from '../hooks/usePage.ts';
import { CameraStateMark } from './CameraStateMark.tsx';
import { HoursStrip } from './HoursStrip.tsx';

interface Props {
  readonly camera: AnalysedCamera;
  readonly window: { readonly from: number; readonly to: number };
  readonly page: PageState;
  /** Undefined where the viewer may not see pictures, null where none is known. */
  readonly picture: ListedFootage | null | undefined;
}

export function CameraRow({ camera, window, page, picture }: Props) {
  const { choices, now } = page;
  const { video_camera_oid: oid, state, hours } = camera;
  const since = sinceOf(camera, window.from);
  const last = hours.at(-1);
  return (
    <li className="camera">
      {picture !== undefined && <LastPicture picture={picture} camera={camera} page={page} />}
      <div className="who">
        <b className="num">Camera {oid}</b>
        <PlaceLink camera={camera} page={page} />
      </div>
      <div className="state">
        <CameraStateMark state={state} />
        <span>
          {STATES[state].meaning}
          {since && (
            <>
              , {since.isOpen ? 'at least since ' : 'since '}
              <time dateTime={new Date(since.from).toISOString()} className="num">
                {dayClock(since.from, choices.tz, now)} {offsetText(since.from, choices.tz)}
              </time>
            </>
          )}
        </span>
      </div>
      <div className="past">
        <HoursStrip strip={stripOf(camera, window)} tz={choices.tz} now={now} />
        <span className="hint num">{last && `${clock(last.from, choices.tz)}: ${hourText(last)}`}</span>
      </div>
    </li>
  );
}

function PlaceLink({ camera, page }: Pick<Props, 'camera' | 'page'>): ReactNode {
  const { geographical_location_oid: location, geographical_location: name } = camera;
  if (location === null) return <span className="hint">no detections, so no place</span>;
  return (
    <Link
      className={name === null ? 'name unk' : 'name'}
      href={linkTo({ page: 'place', location }, page.choices)}
      prefetch={false}
    >
      <bdi>{placeOf(camera)}</bdi> <span className="oid num">#{location}</span>
    </Link>
  );
}

function LastPicture({ picture, camera, page }: Pick<Props, 'camera' | 'page'> & { picture: ListedFootage | null }) {
  if (picture === null) return <span className="frame" />;
  const { choices } = page;
  const time = clockMs(picture.taken_at, choices.tz);
  const text = pictureText(picture, { item: undefined, place: camera.geographical_location, time });
  return (
    <a className="frame" href={picture.href}>
      {picture.kind === 'mp4' ? (
        <video src={picture.href} aria-label={text} preload="metadata" muted />
      ) : (
        <img src={picture.href} alt={text} />
      )}
    </a>
  );
}
