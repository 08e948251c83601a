/** A trace for people: one section for each place where the detection is or was, then what is missing. */
import type { Counting, Payload, Trace, TracedFile } from './model.ts';

const LABEL_WIDTH = 10;

export function traceText(trace: Trace): string {
  return [
    `detection ${trace.detection_oid}, generation ${trace.generation}`,
    ...section('log', logLines(trace)),
    ...section('row', rowLines(trace)),
    ...section(
      'letters',
      trace.dead_letters.map(
        ({ letter, kept_at, reason, record }) =>
          `dead letter ${letter} keeps record ${record} since ${iso(kept_at)}: ` +
          `${reason} ("sightline dlq show ${letter}")`,
      ),
    ),
    ...trace.countings.flatMap((counting) => [
      ...section('epoch', [epochLine(counting)]),
      ...section('cells', cellLines(counting)),
      ...section('lake', counting.files.map(fileLine)),
    ]),
    ...section('notes', trace.notes),
    ...section('pending', trace.pending),
    ...section('missing', trace.missing.length > 0 ? trace.missing : [nothingMissing(trace)]),
  ].join('\n');
}

function nothingMissing({ first_met, records, countings }: Trace): string {
  const isKnown = first_met !== null || records.length > 0 || countings.length > 0;
  return isKnown ? 'nothing' : 'all of it: nothing knows this id within what was looked through';
}

function section(label: string, lines: readonly string[]): string[] {
  return lines.map((line, at) => `${(at === 0 ? label : '').padEnd(LABEL_WIDTH)}${line}`);
}

function logLines({ looked_through: { from, to, log }, records }: Trace): string[] {
  return [
    `looked through stamps ${iso(from)} … ${iso(to)}`,
    ...log.map(
      (range) =>
        `  partition ${range.kafka_partition}, offsets ${range.from_offset} … ${range.to_offset}: ` +
        `${range.records} records${range.is_whole ? '' : ', not to the end'}`,
    ),
    ...(records.length === 0 ? ['no record of this id'] : []),
    ...records.map((record) => {
      const { kafka_partition, kafka_offset, stamp, arrived_at, verdict, reason, detail, home, forwarded_from } =
        record;
      const arrival = arrived_at === stamp ? '' : ` (arrived ${iso(arrived_at)})`;
      const more = [
        ...(reason === undefined ? [] : [`${reason}: ${detail}`]),
        ...(home === undefined ? [] : [`sent home to partition ${home}`]),
        ...(forwarded_from === undefined ? [] : [`came from ${forwarded_from}`]),
        ...(record.payload ? [payloadText(record.payload)] : []),
      ];
      return (
        `${kafka_partition}/${kafka_offset}  ${iso(stamp)}${arrival}  ${verdict}  epoch ${record.epoch}  ` +
        `${more.join('; ')}`
      );
    }),
  ];
}

function rowLines({ first_met: row }: Trace): string[] {
  if (!row) return ['no row in the table detections'];
  return [
    `first met by ${row.kafka_partition}/${row.kafka_offset}, arrived ${iso(row.arrived_at)}; ` +
      `${payloadText(row.payload)}`,
  ];
}

function payloadText({ item_name, geographical_location_oid, video_camera_oid, timestamp_detected }: Payload): string {
  return (
    `${JSON.stringify(item_name.slice(0, 80))} at place ${geographical_location_oid}, camera ${video_camera_oid}, ` +
    `detected ${iso(timestamp_detected)}`
  );
}

function epochLine({
  epoch,
  epoch_ends_at,
  stage,
  published_at,
  kafka_partition,
  kafka_offset,
  is_deferred,
}: Counting): string {
  const fate = is_deferred ? ', deferred to the batch layer' : '';
  const of = `${epoch} of record ${kafka_partition}/${kafka_offset}${fate}`;
  if (stage === 'published') return `${of}: published${published_at === null ? '' : ` ${iso(published_at)}`}`;
  const reached = stage === 'counted' ? 'processed it' : 'not come to it yet';
  return `${of}: ends ${iso(epoch_ends_at)}; the speed layer has ${reached}`;
}

function cellLines({ cells }: Counting): string[] {
  return (['speed', 'batch'] as const).flatMap((view) => {
    const some = cells.filter((cell) => cell.view === view);
    if (some.length === 0) return [`${view} view: no cell`];
    const counts = some.map(({ cell, count, up_to }) =>
      cell === 'listed' ? 'listed' : `${cell} ${count}${view === 'speed' ? ` (up to offset ${up_to})` : ''}`,
    );
    return [`${view} view, minute ${some[0]!.minute} of ${some[0]!.hour.slice(0, 13)}: ${counts.join(', ')}`];
  });
}

function fileLine({ table, path, bytes, written_at, row_group, row, state }: TracedFile): string {
  const what = {
    holds_it: `row group ${row_group}, row ${row}`,
    lacks_it: 'does not hold it',
    not_read: `not looked into (${bytes} bytes)`,
    not_there: 'is not there',
  }[state];
  return `${table}  ${path}  ${what}${state === 'not_there' ? '' : `, written ${iso(written_at)}`}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
