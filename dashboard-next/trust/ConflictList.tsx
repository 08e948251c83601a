/** The two payloads of each conflict side by side, with the differing fields marked. */
import { makeVisible } from '../text/names.ts';
import type { Report } from '../model/report.ts';
import { TableHead } from '../table/TableHead.tsx';

type Conflict = Report['conflicts'][number];
type Payload = Conflict['first']['payload'];
const FIELDS = [
  ['item_name', 'item'],
  ['geographical_location_oid', 'place'],
  ['video_camera_oid', 'camera'],
  ['timestamp_detected', 'detected at, ms'],
] as const;

export function ConflictList({ conflicts }: { conflicts: readonly Conflict[] }) {
  return conflicts.map(({ detection_oid, first, copy }, index) => (
    <table key={index} className="conflict">
      <caption className="num">Detection {detection_oid}</caption>
      <TableHead
        columns={[
          { title: 'Field', className: 'field' },
          { title: `First, ${first.kafka_partition}:${first.kafka_offset}` },
          { title: `Copy, ${copy.kafka_partition}:${copy.kafka_offset}` },
        ]}
      />
      <tbody>
        {FIELDS.map(([field, word]) => (
          <tr key={field} className={first.payload[field] === copy.payload[field] ? undefined : 'differs'}>
            <th scope="row" title={field}>
              {word}
            </th>
            <Value payload={first.payload} field={field} />
            <Value payload={copy.payload} field={field} />
          </tr>
        ))}
      </tbody>
    </table>
  ));
}

function Value({ payload, field }: { payload: Payload; field: (typeof FIELDS)[number][0] }) {
  const text = makeVisible(String(payload[field]));
  return (
    <td className="num" title={text}>
      <bdi>{text}</bdi>
    </td>
  );
}
