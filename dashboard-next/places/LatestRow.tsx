/**
 * One detection in the list: time, item, camera, id. On a phone camera and id stand below the item.
 *
 * The day of an earlier day stands behind the time, so that no time moves when the day changes at midnight.
 */
import Link from 'next/link';
import type { ListedRow } from '../../serving/answers.ts';
import { clockMs, day } from '../text/times.ts';
import { linkTo } from '../model/routes.ts';
import { Digits } from '../elements/Digits.tsx';
import { ItemName } from '../table/ItemName.tsx';
import type { PageState } from '../hooks/usePage.ts';

export function LatestRow({ row, page }: { row: ListedRow; page: PageState }) {
  const { choices, now } = page;
  const t = row.timestamp_detected;
  const today = day(t, choices.tz, now) === day(now, choices.tz, now);
  const dt = row.incomplete ? new Date(t).toISOString().slice(0, 10) : null;
  const href = linkTo({ page: 'detection', id: row.detection_oid }, choices, { dt });
  return (
    <tr>
      <td className="num when">
        <time dateTime={new Date(t).toISOString()} title={new Date(t).toISOString()}>
          {clockMs(t, choices.tz)}
          {!today && <span className="hint"> {day(t, choices.tz, now)}</span>}
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
      <span className="name hint" title="The store no longer has this row; the lake has all of it">
        in the lake only
      </span>
    );
  }
  return <ItemName name={row.item_name} openName={openName} />;
}
