/**
 * The page bench/scale.md: what runs ten thousand to ten million detections a second, and what breaks first.
 *
 * main.ts writes it and a test holds it fresh. Numbers come from model.ts and queue.ts; the sentences on what breaks
 * are written here, beside the numbers that they name.
 */
import { FIGURES } from './figures.ts';
import type { Plan } from './model.ts';
import { planFor, SHARE_OF_A_CORE } from './model.ts';
import { simulate } from './queue.ts';

const RATES = [10_000, 100_000, 1_000_000, 10_000_000];
const ROWS: readonly (readonly [string, (plan: Plan) => string])[] = [
  ['speed workers, a core each', ({ workers }) => whole(workers)],
  ['partitions of the topic', ({ partitions }) => whole(partitions)],
  ['cores of region servers', ({ regionServerCores }) => whole(regionServerCores)],
  ['cores of brokers', ({ brokerCores }) => whole(brokerCores)],
  ['into the brokers, MB/s, three replicas', ({ logMegabytesPerSecond }) => rounded(logMegabytesPerSecond)],
  ['the log, TB a day', ({ logTerabytesPerDay }) => rounded(logTerabytesPerDay)],
  ['HBase, TB', ({ firstMetTerabytes }) => rounded(firstMetTerabytes)],
  ['the lake, TB a year', ({ lakeTerabytesPerYear }) => rounded(lakeTerabytesPerYear)],
  ['files of the lake a year', ({ lakeFilesPerYear }) => whole(lakeFilesPerYear)],
  ["the NameNode's heap for them, MB a year", ({ nameNodeMegabytesPerYear }) => rounded(nameNodeMegabytesPerYear)],
  ['cores of the archive', ({ archiveCores }) => whole(archiveCores)],
  ['a day published by one machine of two cores, hours', ({ publishHours }) => rounded(publishHours)],
  ['the same within an hour by Spark, cores', ({ sparkCores }) => whole(sparkCores)],
];
const ROUND = { roundMs: 20, lingerMs: 100, roundRecords: 20_000, seconds: 240 };

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const rounded = (value: number): string => (value < 10 ? value.toFixed(1) : whole(value));

export function scalePage(): string {
  const plans = RATES.map(planFor);
  const figures = Object.values(FIGURES).map(
    ({ value, unit, what, source }) => `| ${value} ${unit} | ${what} | ${source} |`,
  );
  const needs = ROWS.map(([what, of]) => `| ${what} | ${plans.map(of).join(' | ')} |`);
  return [
    '# What a larger system needs, on paper',
    '',
    '`npm run bench:scale` calculates this page from figures that were measured on one machine with two cores',
    '(`bench/scale/figures.ts`). Nobody ran a system of this size. A core is planned at ' +
      `${SHARE_OF_A_CORE * 100} % of its time, for peaks and for`,
    'the partitions of a worker that dies.',
    '',
    '## Figures',
    '',
    '| | what | measured in |',
    '|---|---|---|',
    ...figures,
    '',
    '## Needs',
    '',
    `| detections a second | ${RATES.map(whole).join(' | ')} |`,
    `|---|${RATES.map(() => '---').join('|')}|`,
    ...needs,
    '',
    '## Do the workers keep up?',
    '',
    'A simulation in steps of ten milliseconds (`bench/scale/queue.ts`): the rate swings by half within a minute, a round',
    `takes ${ROUND.roundMs} ms and ${FIGURES.workerMicros.value} µs a record, and rounds begin at least ${ROUND.lingerMs} ms apart. From arrival to written, in milliseconds:`,
    '',
    '| detections a second | workers | p50 | p99 | waiting at the end | with half the workers, waiting |',
    '|---|---|---|---|---|---|',
    ...plans.map(queueRow),
    '',
    ...BREAKS,
    '',
  ].join('\n');
}

function queueRow({ ratePerSecond, workers, partitions }: Plan): string {
  const recordMicros = FIGURES.workerMicros.value;
  const asked = { ratePerSecond, partitions, recordMicros, ...ROUND };
  const planned = simulate({ ...asked, workers });
  const half = workers > 1 ? whole(simulate({ ...asked, workers: Math.floor(workers / 2) }).backlog) : '';
  const cells = [ratePerSecond, workers, planned.p50Ms, planned.p99Ms, planned.backlog].map(whole);
  return `| ${cells.join(' | ')} | ${half} |`;
}

const BREAKS = [
  '## What breaks first',
  '',
  '**At 100,000 a second, ten times as many,** one worker: its core is full at some 50,000. More workers take partitions',
  'from it, and 12 partitions suffice (`npm start -- --workers N`, replicas on a cluster). The stores follow: two to three',
  'cores of region servers. A night on one machine with DuckDB takes hours instead of minutes, but ends before the next',
  'one, because the archive follows the log while the day lasts (`ARCHIVE_EVERY_SECONDS`).',
  '',
  '**At 1,000,000, a hundred times as many,** the night: one machine publishes a day in more than a day. So',
  '`batch run --engine spark` has to do it. Its cores are idle for the rest of the day, and shorter epochs (`config change`)',
  'need fewer of them. Next are the 12 partitions: `topic grow`, once, to those of the table. HBase holds a hundred TB of',
  'first-met rows; a shorter `retention.ms` of the topic shortens their life, W is the least.',
  '',
  '**At 10,000,000, a thousand times as many,** counting by partition: each partition has cells of its own, so a question',
  'about unpublished hours reads as many rows as there are partitions. With hundreds of them an answer costs as much as a',
  'page of the lake does now. Workers of one region would have to add up their cells into a common view before serving',
  'reads them, which law L4 allows (the merge is a sum of absolute cells), and which is not built. Kafka needs brokers by',
  'their network cards: a card of 10 Gbit/s takes some 1,000 MB/s. The look-up of every id is then most of the work of',
  'HBase, and the first thing that a filter in the workers would save.',
];
