/**
 * A report as text: what `sightline batch report` prints for a person.
 *
 * The JSON is the whole report. The text shows everything that somebody must act on, and only the beginning of long
 * lists.
 */
import type { RunReport } from '../../core/stores/lake/runs.ts';

const SHOWN = 10;

export function reportText(report: RunReport): string {
  const { epoch, result, tallies, comparison } = report;
  const seconds = ((report.published_at - report.began_at) / 1_000).toFixed(1);
  const resumed = report.resumed ? ', finishing an earlier attempt' : '';
  const byReason = Object.entries(tallies.dead_letters_by_reason).map(([reason, count]) => `${reason} ${shown(count)}`);
  const parts = [
    `${epoch}  ${result}, published ${isoOf(report.published_at)} after ${seconds} s${resumed}`,
    section('records', [
      ['records', shown(report.records), offsetsText(report)],
      ['new', shown(tallies.new), ''],
      ['copies', shown(tallies.copies), copiesText(report)],
      ['strays', shown(tallies.strays), `${shown(report.strays_forwarded)} forwarded by this run`],
      [
        'deferred',
        shown(tallies.deferred),
        `${shown(report.deferred.published)} published, ${shown(report.deferred.copies)} already in the lake`,
      ],
      ['dead letters', shown(tallies.dead_letters), byReason.join(', ')],
      ['ticks', shown(tallies.ticks), ''],
    ]),
    section('published', [
      ['rows', shown(report.rows), lateText(report)],
      [
        'bytes',
        shown(report.bytes),
        `and ${shown(report.raw_bytes)} of raw records, ${report.files.length} files in all`,
      ],
      [
        'unknown places',
        shown(report.unknown_locations.count),
        `${shown(report.unknown_locations.detections)} detections`,
      ],
      ['rows hash', report.rows_sha256 ?? 'none', ''],
      ['chain', report.chain_sha256 ?? 'none', ''],
    ]),
    section('proof', [
      ['cells compared', shown(comparison.cells), `${comparison.partitions} of ${report.partitions.length} partitions`],
      ['differences', shown(comparison.differences.count + comparison.tally_differences.length), ''],
      ['conflicts', shown(report.conflicts.count), ''],
    ]),
    list('unproven', comparison.unproven),
    list('cells that differ', comparison.differences.listed.map(differenceText), comparison.differences.count),
    list(
      'tallies that differ',
      comparison.tally_differences.map(
        (d) => `partition ${d.partition}: ${d.tally}: batch ${d.batch}, speed ${d.speed}`,
      ),
    ),
    list('conflicts', report.conflicts.listed.map(conflictText), report.conflicts.count),
    list('steps', [report.steps.map(({ step, took_ms: ms }) => `${step} ${(ms / 1_000).toFixed(1)} s`).join(', ')]),
  ];
  return `${parts.filter((part) => part !== '').join('\n')}\n`;
}

type Line = readonly [name: string, value: string, more: string];

function section(title: string, lines: readonly Line[]): string {
  const width = Math.max(...lines.map(([, value]) => (value.length > 20 ? 0 : value.length)));
  const texts = lines.map(
    ([name, value, more]) => `  ${name.padEnd(15)} ${value.padStart(width)}${more === '' ? '' : `   ${more}`}`,
  );
  return [title, ...texts].join('\n');
}

function list(title: string, entries: readonly string[], count = entries.length): string {
  if (entries.length === 0) return '';
  const rest =
    count > SHOWN
      ? [`  … and ${shown(count - Math.min(entries.length, SHOWN))} more; --json shows all that the report lists`]
      : [];
  return [title, ...entries.slice(0, SHOWN).map((entry) => `  ${entry}`), ...rest].join('\n');
}

function offsetsText({ partitions }: RunReport): string {
  const ranges = partitions.slice(0, SHOWN).map(({ partition, first, cut }) => `${partition}: ${first} to ${cut - 1}`);
  const hasRecords = partitions.some(({ first, cut }) => cut > first);
  return hasRecords ? `offsets ${ranges.join(', ')}${partitions.length > SHOWN ? ', …' : ''}` : '';
}

function copiesText({ copies, copies_of_earlier_epochs: earlier }: RunReport): string {
  if (!copies) return `${shown(earlier)} of earlier epochs`;
  const { same_partition: same, stray, re_stamped: stamped } = copies.by_way;
  const distances = copies.by_distance.map(({ below_ms: below, copies: n }) => `${shown(n)} within ${spanText(below)}`);
  return [
    `${shown(same)} sent again, ${shown(stamped)} with another time, ${shown(stray)} by way of another partition`,
    `${shown(earlier)} of earlier epochs`,
    ...distances,
  ].join('; ');
}

function lateText({ late }: RunReport): string {
  if (!late || late.length === 0) return '';
  const text = ({ below_ms: below, detections }: (typeof late)[number]): string => {
    if (below === null) return `${shown(detections)} later`;
    return below === 0
      ? `${shown(detections)} before their own time (clock ahead)`
      : `${shown(detections)} within ${spanText(below)}`;
  };
  return `arrived: ${late.map(text).join(', ')}`;
}

function spanText(ms: number): string {
  const [unit, size] = (
    [
      ['d', 86_400_000],
      ['h', 3_600_000],
      ['min', 60_000],
    ] as const
  ).find(([, each]) => ms >= each) ?? ['s', 1_000];
  return `${Math.round(ms / size)} ${unit}`;
}

function differenceText(d: RunReport['comparison']['differences']['listed'][number]): string {
  const ids = [
    ...d.missing_in_speed.map((id) => `only batch ${id}`),
    ...d.missing_in_batch.map((id) => `only speed ${id}`),
  ];
  const shownIds = ids.length > 0 ? ids : d.counted.map((id) => `one of ${id}`);
  const cell = `partition ${d.partition}, place ${d.geographical_location_oid}, ${isoOf(d.minute)}`;
  return (
    `${cell}, ${JSON.stringify(d.item_name)}: batch ${d.batch}, speed ${d.speed}; ` +
    shownIds.slice(0, SHOWN).join(', ')
  );
}

function conflictText({ detection_oid: id, first, copy }: RunReport['conflicts']['listed'][number]): string {
  const recordText = ({ kafka_partition: p, kafka_offset: o, payload }: typeof first): string =>
    `${p}/${o} ${JSON.stringify(payload)}`;
  return `${id}: ${recordText(first)} counts, ${recordText(copy)} differs`;
}

const isoOf = (ms: number): string => new Date(ms).toISOString();
const shown = (count: number): string => count.toLocaleString('en');
