/**
 * The cells that the two layers have otherwise, with the ids behind each (law L8).
 *
 * compare.ts has loaded both sides. An id that the batch layer counted is asked for in HBase: if its first-met row is
 * another record's or is not there, the speed layer did not count this one; nor if its list does not hold it. An id in
 * the speed layer's list that was not published is one that it counted alone. Ids are looked up for the first LISTED
 * cells; if there are more, all cells go into a file beside the report.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { Duck, Row } from '../../core/stores/lake/duckdb.ts';
import type { Comparison, CountDifference } from '../../core/stores/lake/runs.ts';
import type { BatchContext } from '../context.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { MINUTE_MS } from '../../core/domain/time.ts';
import { differencesFile } from '../../core/layout/lake.ts';
import { requireAnswers } from '../../core/stores/rows/answers.ts';
import { nameParts, sortBytesFor, textBytes } from '../lake/sizes.ts';
import { writeParquet } from '../lake/write-file.ts';

const LISTED = 100;
const IDS_PER_CELL = 100;
const ASKED_PER_CELL = 20_000;

export async function findDifferences(
  context: BatchContext,
  duck: Duck,
  epoch: Epoch,
  published: string,
): Promise<Comparison['differences']> {
  await duck.run(
    'CREATE TABLE differences (p INTEGER, place BIGINT, hour INTEGER, minute INTEGER, item VARCHAR, batch DOUBLE, speed DOUBLE)',
  );
  for (const part of await cellParts(duck, context.settings.memoryMb)) {
    await duck.run(`INSERT INTO differences
      SELECT COALESCE(b.kafka_partition, s.kafka_partition), COALESCE(b.place, s.place), COALESCE(b.hour, s.hour),
        COALESCE(b.minute, s.minute), COALESCE(b.item, s.item), COALESCE(b.n, 0), COALESCE(s.n, 0)
      FROM (SELECT * FROM batch_cells WHERE ${part}) b FULL OUTER JOIN (SELECT * FROM speed_cells WHERE ${part}) s
        ON b.kafka_partition = s.kafka_partition AND b.place = s.place AND b.hour = s.hour AND b.minute = s.minute AND b.item = s.item
      WHERE COALESCE(b.n, 0) <> COALESCE(s.n, 0)`);
  }
  const [count] = await duck.rows('SELECT COUNT(*) AS n FROM differences');
  const rows = await duck.rows(`SELECT * FROM differences ORDER BY p, place, hour, minute, item LIMIT ${LISTED}`);
  const listed: CountDifference[] = [];
  for (const row of rows) listed.push(await withIds(context, duck, epoch, published, row));
  if (Number(count!.n) > listed.length) await keepAll(context, duck, epoch);
  return { count: Number(count!.n), listed };
}

/** By what the names of the cells of both layers weigh. */
async function cellParts(duck: Duck, memoryMb: number): Promise<string[]> {
  const weigh = (table: string): string => `(SELECT COALESCE(SUM(${textBytes(['item'])}), 0) FROM ${table})`;
  const [all] = await duck.rows(`SELECT CAST(${weigh('batch_cells')} + ${weigh('speed_cells')} AS DOUBLE) AS bytes`);
  return nameParts('item', Number(all!.bytes), sortBytesFor(memoryMb));
}

/** The report holds the first; the file holds every cell. */
async function keepAll(context: BatchContext, duck: Duck, epoch: Epoch): Promise<void> {
  const localFile = join(context.settings.workFolder, `differences-${epoch}.parquet`);
  await writeParquet(duck, localFile, {
    select: `SELECT p AS kafka_partition, place AS geographical_location_oid,
      make_timestamptz((CAST(hour AS BIGINT) * 60 + minute) * 60000000) AS minute, item AS item_name,
      CAST(batch AS BIGINT) AS batch, CAST(speed AS BIGINT) AS speed FROM differences`,
    order: 'kafka_partition, geographical_location_oid, minute, item_name',
    texts: ['item_name'],
  });
  await context.hdfs.upload(localFile, differencesFile(nameOf(epoch, context.rules)));
  await rm(localFile);
}

async function withIds(
  context: BatchContext,
  duck: Duck,
  epoch: Epoch,
  published: string,
  row: Row,
): Promise<CountDifference> {
  const [partition, hour, minute] = [Number(row.p), Number(row.hour), Number(row.minute)];
  const place = String(row.place) as Oid;
  const from = (hour * 60 + minute) * MINUTE_MS;
  const cell = `geographical_location_oid = ${place} AND timestamp_detected >= ${from} AND timestamp_detected < ${from + MINUTE_MS}`;
  const counted = await duck.rows(
    `SELECT detection_oid, kafka_partition, kafka_offset FROM ${published}
    WHERE ${cell} AND kafka_partition = ${partition} AND item_name = $item LIMIT ${ASKED_PER_CELL}`,
    { item: String(row.item) },
  );
  const ids = counted.map(({ detection_oid }) => String(detection_oid) as Oid);
  const rows = requireAnswers('detections', await context.detections.find(ids));
  const otherwise = ids.filter((_, at) => !isRecord(rows[at] ?? null, partition, Number(counted[at]!.kafka_offset)));
  const isExplained = otherwise.length >= Number(row.batch) - Number(row.speed);
  const missingInSpeed = isExplained
    ? otherwise
    : [...new Set([...otherwise, ...(await notListed(context, epoch, place, hour, ids))])];
  return {
    ...{ partition, geographical_location_oid: place, minute: from, item_name: String(row.item) },
    ...{ batch: Number(row.batch), speed: Number(row.speed) },
    counted: ids.slice(0, IDS_PER_CELL),
    missing_in_speed: missingInSpeed.slice(0, IDS_PER_CELL),
    missing_in_batch: await missingInBatch(context, duck, epoch, published, {
      partition,
      place,
      hour,
      from,
      cell,
      item: String(row.item),
    }),
  };
}

/** Met by the speed layer, and yet not in its view: a row of the view is lost. */
async function notListed(
  context: BatchContext,
  epoch: Epoch,
  place: Oid,
  hour: number,
  ids: readonly Oid[],
): Promise<Oid[]> {
  const listed = new Set((await context.speedView.list(place, [epoch], { from: hour, to: hour })).map(({ id }) => id));
  return ids.filter((id) => !listed.has(id));
}

function isRecord(met: FirstMet | null, partition: number, offset: number): boolean {
  return met !== null && met.partition === partition && met.offset === offset;
}

async function missingInBatch(
  context: BatchContext,
  duck: Duck,
  epoch: Epoch,
  published: string,
  where: { partition: number; place: Oid; hour: number; from: number; cell: string; item: string },
): Promise<string[]> {
  const { partition, place, hour, from, cell, item } = where;
  const listed = await context.speedView.list(place, [epoch], { from: hour, to: hour }, { notBefore: from as Instant });
  const inMinute = listed
    .filter(({ detectedAt }) => detectedAt >= from && detectedAt < from + MINUTE_MS)
    .map(({ id }) => id);
  const rows = await duck.rows(`SELECT detection_oid FROM ${published} WHERE ${cell}`);
  const published_ = new Set(rows.map(({ detection_oid }) => String(detection_oid)));
  const alone = inMinute.filter((id) => !published_.has(id)).slice(0, ASKED_PER_CELL);
  const met = requireAnswers('detections', await context.detections.find(alone));
  return alone
    .filter((_, at) => {
      const row = met[at];
      return !row || (row.partition === partition && row.detection.item === item);
    })
    .slice(0, IDS_PER_CELL);
}
