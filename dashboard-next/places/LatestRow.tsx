/**
 * One detection in a list: when, what, which camera, its id. On a phone camera and id stand below the item. The day of
 * another day stands behind the time, so that at midnight, when today becomes another day, no time moves.
 */
import Link from 'next/link';
import type { ListedRow } from '../../serving/answers.ts';
import { clockMs, day } from '../text/times.ts';
import { linkTo } from '../model/routes.ts';
import { Digits } from '../elements/Digits.tsx';
import { ItemName } from '../table/ItemName.tsx';
import type { PageState } from '../hooks/usePage.ts';

export function LatestRow({ row, page }: { row: ListedRow; page: PageState }) {
  const { shown, now } = page;
  const t = row.timestamp_detected;
  const today = day(t, shown.tz, now) === day(now, shown.tz, now);
  const dt = row.incomplete ? new Date(t).toISOString().slice(0, 10) : null;
  const href = linkTo({ page: 'detection', id: row.detection_oid }, shown, { dt });
  return (
    <tr>
      <td className="num when">
        <time dateTime={new Date(t).toISOString()} title={new Date(t).toISOString()}>
          {clockMs(t, shown.tz)}
          {!today && <span className="hint"> {day(t, shown.tz, now)}</span>}
        </time>
      </td>
      <td className="nm">
        <Item key={row.detection_oid} row={row} openName={page.setOpenName} />
        <span className="below num">
          <span className="camera">
            <span className="vh">camera </span>
            <span aria-hidden="true">cam </span>
            {row.video_camera_oid ?? '–'}
          </span>
          <span className="dot"> · </span>
          <Link href={href}>{row.detection_oid}</Link>
        </span>
      </td>
      <td className="r num cam">
        <Digits text={row.video_camera_oid ?? '–'} />
      </td>
      <td className="r num det">
        <Link href={href} prefetch={false} key={row.detection_oid.length}>
          {row.detection_oid}
        </Link>
      </td>
    </tr>
  );
}

function Item({ row, openName }: { row: ListedRow; openName: (name: string) => void }) {
  if (row.item_name === undefined) {
    return (
      <span className="name hint" title="Its row in HBase is gone; the lake has the whole of it">
        in the lake only
      </span>
    );
  }
  return <ItemName name={row.item_name} openName={openName} />;
}
