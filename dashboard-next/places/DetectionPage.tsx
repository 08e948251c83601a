'use client';
/** The page of a detection: its joined row, or that it was not counted, and the possible reasons. */
import Link from 'next/link';
import type { ReactNode } from 'react';
import type { DetectionAnswer } from '../../serving/answers.ts';
import { detectionPath } from '../feed/http-questions.ts';
import { faultOfAnswer, isAnswered, answerOf } from '../model/board.ts';
import { MINUTE_MS } from '../model/bounds.ts';
import { placeName, makeVisible } from '../text/names.ts';
import { count } from '../text/numbers.ts';
import { clockMs, day, laterText } from '../text/times.ts';
import { linkTo } from '../model/routes.ts';
import { offsetText } from '../text/zones.ts';
import { CopyButton } from '../elements/CopyButton.tsx';
import { DetectionFootage } from './DetectionFootage.tsx';
import { Breadcrumbs } from '../frame/Breadcrumbs.tsx';
import { Frame } from '../frame/Frame.tsx';
import { FaultMessage } from '../frame/FaultMessage.tsx';
import type { PageState } from '../hooks/usePage.ts';
import type { PageProps } from '../model/page.ts';
import { usePage } from '../hooks/usePage.ts';

export function DetectionPage(props: PageProps) {
  const page = usePage(props);
  const { choices, board } = page;
  const { route } = choices;
  if (route.page !== 'detection') throw new Error('this is the page of a detection');
  const detection = answerOf(board, 'detection');
  return (
    <Frame page={page} title={`Detection ${route.id} · Sightline`} json={detectionPath(route.id, choices.dt)}>
      <Breadcrumbs to={linkTo({ page: 'places' }, choices)} name="Places">
        Detection <span className="num">{route.id}</span>
      </Breadcrumbs>
      {!detection && <NotFound id={route.id} page={page} />}
      {detection && page.footage && (
        <div className="seen">
          <DetectionFacts detection={detection} page={page} />
          <DetectionFootage key={detection.detection_oid} detection={detection} page={page} />
        </div>
      )}
      {detection && !page.footage && <DetectionFacts detection={detection} page={page} />}
    </Frame>
  );
}

const FOUND_IN = { lake: 'the lake', hbase: 'HBase', cassandra: 'Cassandra' } as const;

function NotFound({ id, page }: { id: string; page: PageState }) {
  const { board, choices } = page;
  const fault = faultOfAnswer(board, 'detection');
  if (fault && !isAnswered(board, 'detection')) return <FaultMessage fault={fault} page={page} />;
  if (!board || !isAnswered(board, 'detection')) return <p className="card lead">No answer yet.</p>;
  return (
    <section className="card lead" aria-label="Not found">
      <h2>No detection {id} was counted.</h2>
      <p>
        It may be a copy, a dead letter or not arrived yet: <Link href={linkTo({ page: 'trust' }, choices)}>Trust</Link>
        .{' '}
        {choices.dt
          ? `The lake’s day ${choices.dt} was searched too.`
          : 'Its row is kept for days; older ones are in the lake, day by day:'}
      </p>
      <form className="look" method="get">
        <label>
          Day of the lake, UTC <input type="date" name="dt" defaultValue={choices.dt ?? ''} required />
        </label>
        <button type="submit" className="btn">
          Look there
        </button>
      </form>
    </section>
  );
}

function DetectionFacts({ detection, page }: { detection: DetectionAnswer; page: PageState }) {
  const { choices, now, say } = page;
  const { timestamp_detected: t, geographical_location_oid: place } = detection;
  const minute = { from: Math.floor(t / MINUTE_MS) * MINUTE_MS, to: Math.floor(t / MINUTE_MS) * MINUTE_MS + MINUTE_MS };
  const name = placeName(detection.geographical_location);
  return (
    <section className="card facts" aria-label="Detection">
      <dl>
        <Row label="Item" field="item_name" text={detection.item_name} say={say}>
          <bdi className="anywhere">{makeVisible(detection.item_name)}</bdi>
        </Row>
        <Row label="Place" field="geographical_location" text={detection.geographical_location ?? ''} say={say}>
          <Link href={linkTo({ page: 'place', location: place }, choices)}>
            {name ? <bdi>{name}</bdi> : <i>Unknown place</i>}
          </Link>
        </Row>
        <Row label="Place’s oid" field="geographical_location_oid" text={place} say={say}>
          #{place}
        </Row>
        <Row label="Camera" field="video_camera_oid" text={detection.video_camera_oid} say={say} />
        <Row label="Detection" field="detection_oid" text={detection.detection_oid} say={say} />
        <Row label="Detected at" field="timestamp_detected" text={String(t)} note="by the camera’s clock" say={say}>
          <Moment t={t} page={page} />
        </Row>
        <Row
          label="Arrived at"
          field="arrived_at"
          text={String(detection.arrived_at)}
          note={`${laterText(detection.arrived_at - t)}, by the log’s clock`}
          say={say}
        >
          <Moment t={detection.arrived_at} page={page} />
        </Row>
        <Row
          label="Partition"
          field="kafka_partition"
          text={String(detection.kafka_partition)}
          note="of the topic detections"
          say={say}
        />
        <Row
          label="Offset"
          field="kafka_offset"
          text={String(detection.kafka_offset)}
          note="of the first record with this id"
          say={say}
        >
          {count(detection.kafka_offset)}
        </Row>
        <Row
          label="Deferred"
          field="deferred"
          text={String(detection.deferred)}
          note={detection.deferred ? 'too old for the speed layer when it arrived; the batch layer counts it' : ''}
          say={say}
        >
          {detection.deferred ? 'yes' : 'no'}
        </Row>
      </dl>
      <footer>
        <Link href={linkTo({ page: 'place', location: place }, choices, { fixed: minute })}>
          Its minute at this place
        </Link>
        <span className="hint">
          Found in {FOUND_IN[detection.found_in]}
          {t > now ? '; the camera’s clock is ahead' : ''}.
        </span>
      </footer>
    </section>
  );
}

interface RowProps {
  readonly label: string;
  /** Its name in the API. */
  readonly field: string;
  /** What the button copies. */
  readonly text: string;
  readonly note?: string;
  readonly say: (text: string) => void;
  /** What is shown, if it is not the text. */
  readonly children?: ReactNode;
}

function Row({ label, field, text, note, say, children }: RowProps) {
  return (
    <div>
      <dt>
        {label}
        <code>{field}</code>
      </dt>
      <dd className="num">
        {children ?? text}
        {note && <span className="hint"> {note}</span>}
      </dd>
      <dd>
        <CopyButton text={text} what={label.toLowerCase()} say={say} />
      </dd>
    </div>
  );
}

function Moment({ t, page: { choices, now } }: { t: number; page: PageState }) {
  return (
    <time dateTime={new Date(t).toISOString()} title={`${t} ms since 1970`}>
      {day(t, choices.tz, now)} {clockMs(t, choices.tz)} {offsetText(t, choices.tz)}
    </time>
  );
}
