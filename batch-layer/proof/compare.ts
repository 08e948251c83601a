/**
 * The proof: compares the counts of the speed layer with those that the batch layer publishes, cell by cell (law L8).
 *
 * run.ts calls it after the batch view is written and puts the result into the report. It compares the counts of each
 * place, minute and item in the partitions that the speed layer has read up to the cut, without deferred detections,
 * and the tallies. Each difference names the ids behind it. What cannot be compared is listed as unproven, with the
 * reason, and delays nothing.
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

interface Proof {
  readonly comparison: Comparison;
  /** Tallies of the speed layer at the cut of each partition; null where they are not known. */
  readonly speedTallies: readonly (Tallies | null)[];
}

interface CompareInput {
  readonly epoch: Epoch;
  /** A table expression (SQL) over the epoch's detections files. */
  readonly published: string;
  readonly draft: Draft;
  /** Report of the epoch before; null for the generation's first. */
  readonly previous: RunReport | null;
  readonly speed: SpeedProgress;
}

/** If a dependency is down, this throws nothing: the result says that the epoch is unproven. */
export async function compare(context: BatchContext, duck: Duck, input: CompareInput): Promise<Proof> {
  const { epoch, published, draft, previous, speed } = input;
  try {
    await speed.waitFor(draft.partitions.map(({ cut }) => cut));
    const comparable = draft.partitions.filter(({ partition, cut }) => speed.atOrPast(partition, cut));
    const behind = draft.partitions.filter(({ partition, cut }) => !speed.atOrPast(partition, cut));
    const unproven = behind.map(({ partition, cut }) => behindText(partition, cut, speed));
    const partitions = comparable.map(({ partition }) => partition);
    await loadBatchCells(context, duck, published, partitions);
    await loadSpeedCells(context, duck, epoch, partitions);
    const [count] = await duck.rows('SELECT COUNT(*) AS n FROM batch_cells');
    const differences = await findDifferences({ context, duck, epoch, published });
    const tallies = await compareTallies(context, comparable, previous, speed);
    return {
      comparison: {
        cells: Number(count!.n),
        partitions: comparable.length,
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
      speedTallies: draft.partitions.map(() => null),
    };
  }
}

function behindText(partition: number, cut: number, speed: SpeedProgress): string {
  const progress = speed.latest(partition)?.nextOffset;
  const where = progress === undefined ? 'has not begun' : `is at offset ${progress}`;
  return `partition ${partition}: the speed layer ${where}, the epoch ends at ${cut}`;
}

/** Columns of the tables `batch_cells` and `speed_cells`. */
const CELL_COLUMNS = 'kafka_partition INTEGER, place BIGINT, hour INTEGER, minute INTEGER, item VARCHAR, n DOUBLE';

async function loadBatchCells(
  context: BatchContext,
  duck: Duck,
  published: string,
  partitions: readonly number[],
): Promise<void> {
  const chosen = partitions.length === 0 ? 'FALSE' : `kafka_partition IN (${partitions.join(', ')})`;
  const windowMs = context.rules.dedupWindowDays * DAY_MS;
  await duck.run(`CREATE TABLE batch_cells (${CELL_COLUMNS})`);
  const group = 'kafka_partition, geographical_location_oid, timestamp_detected // 60000';
  for (const part of await namePartsOf(duck, published, group, context.settings.memoryMb)) {
    await duck.run(`INSERT INTO batch_cells
      SELECT kafka_partition, geographical_location_oid AS place,
        CAST(timestamp_detected // 3600000 AS INTEGER) AS hour,
        CAST(timestamp_detected // 60000 % 60 AS INTEGER) AS minute, item_name AS item, CAST(COUNT(*) AS DOUBLE) AS n
      FROM ${published}
      WHERE ${chosen} AND ${part} AND epoch_ms(arrived_at) - timestamp_detected <= ${windowMs} GROUP BY ALL`);
  }
}

async function loadSpeedCells(
  context: BatchContext,
  duck: Duck,
  epoch: Epoch,
  partitions: readonly number[],
): Promise<void> {
  await duck.run(`CREATE TABLE speed_cells (${CELL_COLUMNS})`);
  const cells = cellAppender(await duck.appender('speed_cells'));
  const chosen = new Set(partitions);
  if (partitions.length > 0) {
    await context.speedView.eachPlaceOf(epoch, ['minute_item'], (rows) => {
      for (const row of rows) if (chosen.has(row.partition)) cells.append(row);
    });
  }
  cells.close();
}

function cellAppender(appender: Awaited<ReturnType<Duck['appender']>>): {
  append(row: CountRow): void;
  close(): void;
} {
  let columns: Cell[][] = [[], [], [], [], [], []];
  const flush = (): void => {
    if (columns[0]!.length > 0) appender.append(columns, columns[0]!.length);
    columns = [[], [], [], [], [], []];
  };
  return {
    append(row) {
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
