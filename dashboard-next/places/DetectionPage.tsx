'use client';
/** The page of a detection: one joined row, to the offset; or that there is none, and what may have become of it. */
import Link from 'next/link';
import type { ReactNode } from 'react';
import type { DetectionAnswer } from '../../serving/answers.ts';
import { detectionPath } from '../feed/http-questions.ts';
import { faultOfPart, isAnswered, partOf } from '../model/board.ts';
import { MINUTE_MS } from '../model/bounds.ts';
import { placeName, visible } from '../text/names.ts';
import { count } from '../text/numbers.ts';
import { clockMs, day, laterText } from '../text/times.ts';
import { linkTo } from '../model/routes.ts';
import { offsetText } from '../text/zones.ts';
import { CopyButton } from '../elements/CopyButton.tsx';
import { Breadcrumbs } from '../frame/Breadcrumbs.tsx';
import { Frame } from '../frame/Frame.tsx';
import { FaultMessage } from '../frame/FaultMessage.tsx';
import type { PageState } from '../hooks/usePage.ts';
import type { PageProps } from '../model/page.ts';
import { usePage } from '../hooks/usePage.ts';

export function DetectionPage(props: PageProps) {
  const page = usePage(props);
  const { shown, board } = page;
  const { where } = shown;
  if (where.page !== 'detection') throw new Error('this is the page of a detection');
  const found = partOf(board, 'detection');
  return (
    <Frame page={page} title={`Detection ${where.id} · Sightline`} json={detectionPath(where.id, shown.dt)}>
      <Breadcrumbs to={linkTo({ page: 'places' }, shown)} name="Places">
        Detection <span className="num">{where.id}</span>
      </Breadcrumbs>
      {found ? <Found found={found} page={page} /> : <NotFound id={where.id} page={page} />}
    </Frame>
  );
}

function NotFound({ id, page }: { id: string; page: PageState }) {
  const { board, shown } = page;
  const fault = faultOfPart(board, 'detection');
  if (fault && !isAnswered(board, 'detection')) return <FaultMessage fault={fault} page={page} />;
  if (!board || !isAnswered(board, 'detection')) return <p className="card lead">No answer yet.</p>;
  return (
    <section className="card lead" aria-label="Not found">
      <h2>No detection {id} was counted.</h2>
      <p>
        It may be a copy, a dead letter or not arrived yet: <Link href={linkTo({ page: 'trust' }, shown)}>Trust</Link>.{' '}
        {shown.dt
          ? `The lake’s day ${shown.dt} was searched too.`
          : 'HBase keeps detections for days; older ones are in the lake, day by day:'}
      </p>
      <form className="look" method="get">
        <label>
          Day of the lake, UTC <input type="date" name="dt" defaultValue={shown.dt ?? ''} required />
        </label>
        <button type="submit" className="btn">
          Look there
        </button>
      </form>
    </section>
  );
}

function Found({ found, page }: { found: DetectionAnswer; page: PageState }) {
  const { shown, now, say } = page;
  const { timestamp_detected: t, geographical_location_oid: place } = found;
  const minute = { from: Math.floor(t / MINUTE_MS) * MINUTE_MS, to: Math.floor(t / MINUTE_MS) * MINUTE_MS + MINUTE_MS };
  const name = placeName(found.geographical_location);
  const row = (label: string, field: string, value: ReactNode, text: string, unit?: string): ReactNode => (
    <div key={field}>
      <dt>
        {label}
        <code>{field}</code>
      </dt>
      <dd className="num">
        {value}
        {unit && <span className="hint"> {unit}</span>}
      </dd>
      <dd>
        <CopyButton text={text} what={label.toLowerCase()} say={say} />
      </dd>
    </div>
  );
  return (
    <section className="card facts" aria-label="Detection">
      <dl>
        {row('Item', 'item_name', <bdi className="anywhere">{visible(found.item_name)}</bdi>, found.item_name)}
        {row(
          'Place',
          'geographical_location',
          <Link href={linkTo({ page: 'place', location: place }, shown)}>
            {name ? <bdi>{name}</bdi> : <i>Unknown place</i>}
          </Link>,
          found.geographical_location ?? '',
        )}
        {row('Place’s oid', 'geographical_location_oid', `#${place}`, place)}
        {row('Camera', 'video_camera_oid', found.video_camera_oid, found.video_camera_oid)}
        {row('Detection', 'detection_oid', found.detection_oid, found.detection_oid)}
        {row('Detected at', 'timestamp_detected', <Moment t={t} page={page} />, String(t), 'by the camera’s clock')}
        {row(
          'Arrived at',
          'arrived_at',
          <Moment t={found.arrived_at} page={page} />,
          String(found.arrived_at),
          `${laterText(found.arrived_at - t)}, by the log’s clock`,
        )}
        {row(
          'Partition',
          'kafka_partition',
          found.kafka_partition,
          String(found.kafka_partition),
          'of the topic detections',
        )}
        {row(
          'Offset',
          'kafka_offset',
          count(found.kafka_offset),
          String(found.kafka_offset),
          'of the record that was first met',
        )}
        {row(
          'Deferred',
          'deferred',
          found.deferred ? 'yes' : 'no',
          String(found.deferred),
          found.deferred ? 'too old for the speed layer when it arrived; the batch layer counts it' : '',
        )}
      </dl>
      <footer>
        <Link href={linkTo({ page: 'place', location: place }, shown, { fixed: minute })}>
          Its minute at this place
        </Link>
        <span className="hint">
          Found in {found.found_in === 'lake' ? 'the lake' : 'HBase'}
          {t > now ? '; the camera’s clock is ahead' : ''}.
        </span>
      </footer>
    </section>
  );
}

function Moment({ t, page: { shown, now } }: { t: number; page: PageState }) {
  return (
    <time dateTime={new Date(t).toISOString()} title={`${t} ms since 1970`}>
      {day(t, shown.tz, now)} {clockMs(t, shown.tz)} {offsetText(t, shown.tz)}
    </time>
  );
}
