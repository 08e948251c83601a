/**
 * The proof: what the speed layer counted against what the batch layer publishes, cell by cell (law L8).
 *
 * run.ts calls it after the batch view is written and puts the answer into the report. Compared are place, minute and
 * item of every partition that has passed its cut, deferred detections set aside, and the tallies; a difference is told
 * with the ids behind it. What cannot be compared is unproven, with the reason, and delays nothing.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Tallies } from '../../core/domain/tallies.ts';
import type { CountRow } from '../../core/stores/views/count-view.ts';
import type { Cell, Duck } from '../../core/stores/lake/duckdb.ts';
import type { Comparison, RunReport } from '../../core/stores/lake/runs.ts';
import type { BatchContext } from '../context.ts';
import type { Draft } from '../report/report.ts';
import type { SpeedProgress } from './speed-progress.ts';
import { DAY_MS } from '../../core/domain/time.ts';
import { messageOf, Refusal, Retryable } from '../../core/process/errors.ts';
import { CHUNK_ROWS } from '../../core/stores/lake/duckdb.ts';
import { compareTallies } from './compare-tallies.ts';
import { findDifferences } from './differences.ts';
import { namePartsOf } from '../view/batch-view.ts';

export interface Compared {
  readonly comparison: Comparison;
  /** What the speed layer had counted of each partition up to its cut; null where that is not known. */
  readonly speedTallies: readonly (Tallies | null)[];
}

/** `published` is a table expression over the epoch's detections files. Throws nothing that a dependency causes. */
export async function compare(
  context: BatchContext,
  duck: Duck,
  epoch: Epoch,
  published: string,
  draft: Draft,
  previous: RunReport | null,
  speed: SpeedProgress,
): Promise<Compared> {
  const nothing = draft.partitions.map(() => null);
  try {
    await speed.waitFor(draft.partitions.map(({ cut }) => cut));
    const passed = draft.partitions.filter(({ partition, cut }) => speed.past(partition, cut));
    const behind = draft.partitions.filter(({ partition, cut }) => !speed.past(partition, cut));
    const unproven = behind.map(({ partition, cut }) => notPassed(partition, cut, speed));
    await loadCells(
      context,
      duck,
      epoch,
      published,
      passed.map(({ partition }) => partition),
    );
    const [count] = await duck.rows('SELECT COUNT(*) AS n FROM batch_cells');
    const differences = await findDifferences(context, duck, epoch, published);
    const tallies = await compareTallies(context, passed, previous, speed);
    return {
      comparison: {
        cells: Number(count!.n),
        partitions: passed.length,
        differences,
        tally_differences: tallies.differences,
        unproven: [...unproven, ...tallies.unproven],
      },
      speedTallies: draft.partitions.map(({ partition }) => tallies.speed.get(partition) ?? null),
    };
  } catch (fault) {
    context.signal.throwIfAborted();
    if (!(fault instanceof Retryable) && !(fault instanceof Refusal)) throw fault;
    const unproven = [`the comparison could not be made: ${messageOf(fault)}`];
    const differences = { count: 0, listed: [] };
    return {
      comparison: { cells: 0, partitions: 0, differences, tally_differences: [], unproven },
      speedTallies: nothing,
    };
  }
}

function notPassed(partition: number, cut: number, speed: SpeedProgress): string {
  const progress = speed.latest(partition)?.nextOffset;
  const where = progress === undefined ? 'has not begun' : `is at offset ${progress}`;
  return `partition ${partition}: the speed layer ${where}, the epoch ends at ${cut}`;
}

/** Tables `batch_cells` and `speed_cells`: kafka_partition, place, hour, minute, item, n; only of these partitions. */
async function loadCells(
  context: BatchContext,
  duck: Duck,
  epoch: Epoch,
  published: string,
  partitions: readonly number[],
): Promise<void> {
  const columns = 'kafka_partition INTEGER, place BIGINT, hour INTEGER, minute INTEGER, item VARCHAR, n DOUBLE';
  const chosen = partitions.length === 0 ? 'FALSE' : `kafka_partition IN (${partitions.join(', ')})`;
  const windowMs = context.rules.dedupWindowDays * DAY_MS;
  await duck.run(`CREATE TABLE batch_cells (${columns})`);
  const group = 'kafka_partition, geographical_location_oid, timestamp_detected // 60000';
  for (const part of await namePartsOf(duck, published, group, context.settings.memoryMb)) {
    await duck.run(`INSERT INTO batch_cells
      SELECT kafka_partition, geographical_location_oid AS place, CAST(timestamp_detected // 3600000 AS INTEGER) AS hour,
        CAST(timestamp_detected // 60000 % 60 AS INTEGER) AS minute, item_name AS item, CAST(COUNT(*) AS DOUBLE) AS n
      FROM ${published} WHERE ${chosen} AND ${part} AND epoch_ms(arrived_at) - timestamp_detected <= ${windowMs} GROUP BY ALL`);
  }
  await duck.run(`CREATE TABLE speed_cells (${columns})`);
  const cells = cellLine(await duck.appender('speed_cells'));
  const within = new Set(partitions);
  if (partitions.length > 0) {
    await context.speedView.eachPlaceOf(epoch, ['minute_item'], (rows) => {
      for (const row of rows) if (within.has(row.partition)) cells.take(row);
    });
  }
  cells.close();
}

function cellLine(appender: Awaited<ReturnType<Duck['appender']>>): { take(row: CountRow): void; close(): void } {
  let columns: Cell[][] = [[], [], [], [], [], []];
  const flush = (): void => {
    if (columns[0]!.length > 0) appender.append(columns, columns[0]!.length);
    columns = [[], [], [], [], [], []];
  };
  return {
    take(row) {
      const place = BigInt(row.scope);
      for (const { minute, subject, count } of row.cells) {
        const values: Cell[] = [row.partition, place, row.hour, minute, subject, count];
        values.forEach((value, index) => columns[index]!.push(value));
        if (columns[0]!.length === CHUNK_ROWS) flush();
      }
    },
    close() {
      flush();
      appender.close();
    },
  };
}
