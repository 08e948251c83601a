/**
 * A scan of one region: its first call opens it, further calls ask for more until the region ends. scan.ts goes from
 * region to region, and opens another scanner where a call fails.
 *
 * Nobody repeats a call on a scanner: the server may have moved on, and rows would be lost. After any failure scan.ts
 * opens a new scanner behind the last row that it handed on, so next_call_seq is not needed. An answer without rows is
 * a heartbeat: the server is busy filtering; ask again.
 */
import { CellReader, familyBytes } from './cells.ts';
import type { Connection } from './connection.ts';
import { messages } from './messages.ts';
import type { Filter, Scan } from './messages.ts';
import type { Region } from './regions.ts';
import { RowAssembler } from './scan-rows.ts';
import type { Cell, ScanOptions } from './types.ts';

/** Cells in one answer, before the row that passes it; a wider row comes in pieces. */
const MOST_ANSWER_BYTES = 2 * 1024 * 1024;
const CLOSE_TIMEOUT_MS = 2_000;
const FILTERS = 'org.apache.hadoop.hbase.filter';

/** Where a scan stands: an empty row is the table's beginning. */
export interface ScanPosition {
  readonly row: Buffer;
  readonly isInclusive: boolean;
}

export interface ScanAnswer {
  readonly rows: Cell[][];
  readonly isRegionDone: boolean;
  /** Of the answer, as it came. */
  readonly bytes: number;
}

export class RegionScanner {
  readonly region: Region;
  private readonly connection: Connection;
  private readonly timeoutMs: number;
  private readonly scan: Scan;
  private readonly assembler = new RowAssembler();
  private scannerId: string | undefined;
  private open = true;

  constructor(region: Region, connection: Connection, scan: Scan, timeoutMs: number) {
    this.region = region;
    this.connection = connection;
    this.scan = scan;
    this.timeoutMs = timeoutMs;
  }

  async next(batchRows: number, limitRows: number): Promise<ScanAnswer> {
    const shared = {
      number_of_rows: Math.min(batchRows, limitRows),
      client_handles_partials: true,
      client_handles_heartbeats: true,
      ...(Number.isFinite(limitRows) ? { limit_of_rows: limitRows } : {}),
    };
    const param = messages.scanRequest.encode(
      this.scannerId === undefined
        ? { region: { type: 1, value: this.region.name }, scan: this.scan, ...shared }
        : { scanner_id: this.scannerId, ...shared },
    );
    const reply = await this.connection.call({ method: 'Scan', param, timeoutMs: this.timeoutMs });
    const answer = messages.scanResponse.decode(reply.param);
    this.scannerId = answer.scanner_id ?? this.scannerId;
    const cells = new CellReader(reply.cells);
    const rows: Cell[][] = [];
    for (let i = 0; i < answer.cells_per_result.length; i++)
      this.assembler.push(cells.take(answer.cells_per_result[i]!), answer.partial_flag_per_result[i] === true, rows);
    // more_results says that the whole scan is over: the stop row is in this region, or the limit is reached.
    const isRegionDone = answer.more_results === false || answer.more_results_in_region === false;
    if (isRegionDone) {
      this.assembler.finish(rows);
      this.open = false;
    }
    return { rows, isRegionDone, bytes: reply.param.length + reply.cells.length };
  }

  /** Frees the scanner at the server; where that fails, its lease there runs out by itself. */
  async close(): Promise<void> {
    if (!this.open || this.scannerId === undefined || !this.connection.usable) return;
    this.open = false;
    const param = messages.scanRequest.encode({ scanner_id: this.scannerId, number_of_rows: 0, close_scanner: true });
    await this.connection
      .call({ method: 'Scan', param, timeoutMs: Math.min(this.timeoutMs, CLOSE_TIMEOUT_MS) })
      .catch(() => undefined);
  }
}

export function scanMessage(options: ScanOptions, from: ScanPosition, batchRows: number): Scan {
  const scan: { -readonly [K in keyof Scan]: Scan[K] } = {
    column: (options.families ?? []).map((family) => ({ family: familyBytes(family), qualifier: [] })),
    start_row: from.row,
    include_start_row: from.isInclusive,
    stop_row: options.stop,
    include_stop_row: false,
    max_result_size: MOST_ANSWER_BYTES,
    caching: batchRows,
  };
  const filters = scanFilters(options);
  if (filters.length > 0)
    scan.filter = {
      name: `${FILTERS}.FilterList`,
      serialized_filter: messages.filterList.encode({ operator: 1, filters }),
    };
  if (options.timeRange !== undefined) scan.time_range = options.timeRange;
  // A first-key filter beside a column range would take the first cell of all, in the range or not: limit the cells.
  if (options.keysOnly === true && options.columnRange !== undefined) scan.store_limit = 1;
  return scan;
}

function scanFilters(options: ScanOptions): Filter[] {
  const filters: Filter[] = [];
  if (options.rowRanges !== undefined) {
    const row_range_list = options.rowRanges.map(({ start, stop }) => ({
      start_row: start,
      start_row_inclusive: true,
      stop_row: stop,
      stop_row_inclusive: false,
    }));
    filters.push({
      name: `${FILTERS}.MultiRowRangeFilter`,
      serialized_filter: messages.multiRowRangeFilter.encode({ row_range_list }),
    });
  }
  if (options.columnRange !== undefined) {
    const { from, to } = options.columnRange;
    const range = {
      min_column: from,
      min_column_inclusive: true,
      max_column_inclusive: false,
      ...(to.length > 0 ? { max_column: to } : {}),
    };
    filters.push({ name: `${FILTERS}.ColumnRangeFilter`, serialized_filter: messages.columnRangeFilter.encode(range) });
  } else if (options.keysOnly === true)
    filters.push({ name: `${FILTERS}.FirstKeyOnlyFilter`, serialized_filter: messages.firstKeyOnlyFilter.encode({}) });
  if (options.keysOnly === true)
    filters.push({
      name: `${FILTERS}.KeyOnlyFilter`,
      serialized_filter: messages.keyOnlyFilter.encode({ len_as_val: false }),
    });
  return filters;
}
