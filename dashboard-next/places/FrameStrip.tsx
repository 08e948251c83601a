/** The newest pictures and films of a place's cameras; each leads to its detection, or to the file. */
import Link from 'next/link';
import type { FocusEvent } from 'react';
import type { ListedRow } from '../../serving/answers.ts';
import type { ListedFootage } from '../../serving/footage-answers.ts';
import { answerOf } from '../model/board.ts';
import { itemOf, pictureText, STRIP } from '../model/footage.ts';
import { linkTo } from '../model/routes.ts';
import { clockMs, clockSeconds, day } from '../text/times.ts';
import { offsetText } from '../text/zones.ts';
import { useStrip } from '../hooks/useFootage.ts';
import type { PageState } from '../hooks/usePage.ts';

const NO_ROWS: readonly ListedRow[] = [];

export function FrameStrip({ page, place }: { page: PageState; place: string | null }) {
  const { board, choices, now } = page;
  const rows = answerOf(board, 'latest')?.detections ?? NO_ROWS;
  const end = choices.fixed?.to ?? now + 1_000;
  const { files, hold } = useStrip(rows, end, choices.refresh === 'off');
  const empty = Array.from({ length: STRIP - files.length }, (_, index) => index);
  return (
    <section className="card strip" aria-labelledby="strip-title">
      <header>
        <h2 id="strip-title">Latest pictures</h2>
        <span className="hint">
          {files.length > 0
            ? `of this place’s cameras, ${offsetText(now, choices.tz)}`
            : 'none of this place’s cameras'}
        </span>
      </header>
      <ol
        tabIndex={0}
        aria-labelledby="strip-title"
        onPointerEnter={() => hold(true)}
        onPointerLeave={() => hold(false)}
        onFocus={() => hold(true)}
        onBlur={(event: FocusEvent) => hold(event.currentTarget.contains(event.relatedTarget))}
      >
        {files.map((file) => (
          <li key={file.href}>
            <Thumbnail file={file} page={page} text={textOf(file, rows, place, page)} />
          </li>
        ))}
        {empty.map((index) => (
          <li key={index} aria-hidden="true">
            <span className="thumb">
              <span className="frame" />
              <span className="num">–</span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function textOf(file: ListedFootage, rows: readonly ListedRow[], place: string | null, { choices }: PageState): string {
  return pictureText(file, { item: itemOf(file, rows), place, time: clockMs(file.taken_at, choices.tz) });
}

function Thumbnail({ file, page, text }: { file: ListedFootage; page: PageState; text: string }) {
  const { choices, now } = page;
  const { detection_oid: id, taken_at: t, kind, href } = file;
  const today = day(t, choices.tz, now) === day(now, choices.tz, now);
  const inside = (
    <>
      <span className="frame">
        {kind === 'mp4' ? (
          <video src={href} aria-label={text} preload="metadata" muted />
        ) : (
          <img src={href} alt={text} />
        )}
      </span>
      <span className="num">
        {today ? '' : `${day(t, choices.tz, now)} `}
        {clockSeconds(t, choices.tz)}
        {kind === 'mp4' && ' film'}
      </span>
    </>
  );
  if (id === null)
    return (
      <a className="thumb" href={href}>
        {inside}
      </a>
    );
  return (
    <Link className="thumb" href={linkTo({ page: 'detection', id }, choices)} prefetch={false}>
      {inside}
    </Link>
  );
}
