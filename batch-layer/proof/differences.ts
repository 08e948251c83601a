/**
 * Finds the cells whose speed and batch counts differ, and the ids behind each difference (law L8).
 *
 * compare.ts has loaded the cells of both layers. The speed layer has missed an id that the batch layer counted if its
 * first-met row in HBase is not there or belongs to another record, or if the list of the speed view lacks the id. Only
 * the speed layer has counted an id of its list that is not published. Ids are looked up for the first LISTED_CELLS
 * cells. If there are more cells, all of them go into a file beside the report.
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

const LISTED_CELLS = 100;
const LISTED_IDS = 100;
const LOOKUPS_PER_CELL = 20_000;

/** Where the ids of a cell are looked up. */
interface Lookup {
  readonly context: BatchContext;
  readonly duck: Duck;
  readonly epoch: Epoch;
  /** A table expression (SQL) over the epoch's detections files. */
  readonly published: string;
}

/** Needs the tables `batch_cells` and `speed_cells`. */
export async function findDifferences(lookup: Lookup): Promise<Comparison['differences']> {
  const { context, duck } = lookup;
  await duck.run(`CREATE TABLE differences (p INTEGER, place BIGINT, hour INTEGER, minute INTEGER, item VARCHAR,
    batch DOUBLE, speed DOUBLE)`);
  for (const part of await cellParts(duck, context.settings.memoryMb)) {
    await duck.run(`INSERT INTO differences
      SELECT COALESCE(b.kafka_partition, s.kafka_partition), COALESCE(b.place, s.place), COALESCE(b.hour, s.hour),
        COALESCE(b.minute, s.minute), COALESCE(b.item, s.item), COALESCE(b.n, 0), COALESCE(s.n, 0)
      FROM (SELECT * FROM batch_cells WHERE ${part}) b FULL OUTER JOIN (SELECT * FROM speed_cells WHERE ${part}) s
        ON b.kafka_partition = s.kafka_partition AND b.place = s.place AND b.hour = s.hour AND b.minute = s.minute
          AND b.item = s.item
      WHERE COALESCE(b.n, 0) <> COALESCE(s.n, 0)`);
  }
  const [total] = await duck.rows('SELECT COUNT(*) AS n FROM differences');
  const count = Number(total!.n);
  const rows = await duck.rows(`SELECT * FROM differences ORDER BY p, place, hour, minute, item LIMIT ${LISTED_CELLS}`);
  const listed: CountDifference[] = [];
  for (const row of rows) listed.push(await explainDifference(lookup, row));
  if (count > listed.length) await writeDifferencesFile(lookup);
  return { count, listed };
}

/** SQL conditions that cut the cells into parts whose names fit into memory. */
async function cellParts(duck: Duck, memoryMb: number): Promise<string[]> {
  const bytesIn = (table: string): string => `(SELECT COALESCE(SUM(${textBytes(['item'])}), 0) FROM ${table})`;
  const [total] = await duck.rows(
    `SELECT CAST(${bytesIn('batch_cells')} + ${bytesIn('speed_cells')} AS DOUBLE) AS bytes`,
  );
  return nameParts('item', Number(total!.bytes), sortBytesFor(memoryMb));
}

/** The report lists the first cells; the file holds all of them. */
async function writeDifferencesFile({ context, duck, epoch }: Lookup): Promise<void> {
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

/** A cell whose counts differ. */
interface Cell {
  readonly partition: number;
  readonly place: Oid;
  readonly item: string;
  /** The hour since 1970, as lists of the speed view are read. */
  readonly hour: number;
  /** When its minute begins. */
  readonly from: number;
  /** An SQL condition: detections of this place and minute. */
  readonly isAtPlaceInMinute: string;
}

function cellOf(row: Row): Cell {
  const hour = Number(row.hour);
  const place = String(row.place) as Oid;
  const from = (hour * 60 + Number(row.minute)) * MINUTE_MS;
  const isAtPlaceInMinute = `geographical_location_oid = ${place} AND timestamp_detected >= ${from}
    AND timestamp_detected < ${from + MINUTE_MS}`;
  return { partition: Number(row.p), place, item: String(row.item), hour, from, isAtPlaceInMinute };
}

async function explainDifference(lookup: Lookup, row: Row): Promise<CountDifference> {
  const { context, duck, published } = lookup;
  const cell = cellOf(row);
  const { partition, place, item, from } = cell;
  const [batch, speed] = [Number(row.batch), Number(row.speed)];
  const counted = await duck.rows(
    `SELECT detection_oid, kafka_partition, kafka_offset FROM ${published}
    WHERE ${cell.isAtPlaceInMinute} AND kafka_partition = ${partition} AND item_name = $item LIMIT ${LOOKUPS_PER_CELL}`,
    { item },
  );
  const ids = counted.map(({ detection_oid }) => String(detection_oid) as Oid);
  const rows = requireAnswers('detections', await context.detections.find(ids));
  const notFirstMet = ids.filter((_, at) => !isRecord(rows[at] ?? null, partition, Number(counted[at]!.kafka_offset)));
  const missingInSpeed =
    notFirstMet.length >= batch - speed
      ? notFirstMet
      : [...new Set([...notFirstMet, ...(await findUnlisted(lookup, cell, ids))])];
  return {
    ...{ partition, geographical_location_oid: place, minute: from, item_name: item, batch, speed },
    counted: ids.slice(0, LISTED_IDS),
    missing_in_speed: missingInSpeed.slice(0, LISTED_IDS),
    missing_in_batch: await findMissingInBatch(lookup, cell),
  };
}

/** Ids that the list of the speed view lacks: if the speed layer has met them, a row of its view is lost. */
async function findUnlisted({ context, epoch }: Lookup, { place, hour }: Cell, ids: readonly Oid[]): Promise<Oid[]> {
  const listed = await context.speedView.list({ scope: place, epochs: [epoch], hours: { from: hour, to: hour } });
  const listedIds = new Set(listed.map(({ id }) => id));
  return ids.filter((id) => !listedIds.has(id));
}

function isRecord(row: FirstMet | null, partition: number, offset: number): boolean {
  return row !== null && row.partition === partition && row.offset === offset;
}

async function findMissingInBatch({ context, duck, epoch, published }: Lookup, cell: Cell): Promise<string[]> {
  const { partition, place, item, hour, from } = cell;
  const listed = await context.speedView.list({
    scope: place,
    epochs: [epoch],
    hours: { from: hour, to: hour },
    bounds: { notBefore: from as Instant },
  });
  const inMinute = listed
    .filter(({ detectedAt }) => detectedAt >= from && detectedAt < from + MINUTE_MS)
    .map(({ id }) => id);
  const rows = await duck.rows(`SELECT detection_oid FROM ${published} WHERE ${cell.isAtPlaceInMinute}`);
  const publishedIds = new Set(rows.map(({ detection_oid }) => String(detection_oid)));
  const speedOnly = inMinute.filter((id) => !publishedIds.has(id)).slice(0, LOOKUPS_PER_CELL);
  const firstMet = requireAnswers('detections', await context.detections.find(speedOnly));
  return speedOnly
    .filter((_, at) => {
      const row = firstMet[at];
      return !row || (row.partition === partition && row.detection.item === item);
    })
    .slice(0, LISTED_IDS);
}
