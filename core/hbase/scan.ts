/**
 * A scan of a table, region after region, as batches of whole rows. Memory holds one answer at a time (about 2 MB, or
 * one row where a row is wider).
 *
 * A scan is its position: it moves only past rows that were handed on, or to the edge of a region that has ended.
 * Whatever fails, splits or moves, the next scanner starts from the position, so the scan loses no row and repeats
 * none. The time limit is for failures: it runs from the first one until the position moves again, so it ends neither a
 * long scan nor a slow caller's, and it ends a scan that always fails. A caller that stops waiting goes at once; the
 * scan drops the answer that is still to come, and then frees its scanner.
 */
import { untilAborted } from '../process/read-limits.ts';
import type { HBaseError } from './errors.ts';
import { asHBaseError, isResent, noServerError } from './errors.ts';
import type { Reach } from './batch.ts';
import { RegionScanner, scanMessage } from './region-scanner.ts';
import type { ScanPosition } from './region-scanner.ts';
import type { Region, TableRegions } from './regions.ts';
import { Patience, withRetry } from './retry.ts';
import type { Cell, ScanOptions } from './types.ts';

const BATCH_ROWS = 2_000;

export async function* scanTable(
  reach: Reach,
  table: string,
  options: ScanOptions,
): AsyncGenerator<Cell[][], void, undefined> {
  const batchRows = options.batchRows ?? BATCH_ROWS;
  const scan = new TableScan(reach, table, options, batchRows);
  let leftRows = options.limitRows ?? Infinity;
  if (isEmptyRange(options) || leftRows <= 0) return;
  try {
    for (;;) {
      const step = await scan.step(leftRows);
      const rows = step.rows.length > leftRows ? step.rows.slice(0, leftRows) : step.rows;
      leftRows -= rows.length;
      for (let at = 0; at < rows.length; at += batchRows)
        yield rows.length <= batchRows ? rows : rows.slice(at, at + batchRows);
      if (step.isDone || leftRows <= 0) return;
    }
  } finally {
    await scan.close();
  }
}

interface ScanStep {
  readonly rows: Cell[][];
  readonly isDone: boolean;
}

class TableScan {
  private readonly reach: Reach;
  private readonly table: string;
  private readonly options: ScanOptions;
  private readonly batchRows: number;
  private position: ScanPosition;
  private scanner: RegionScanner | undefined;
  private regions: TableRegions | undefined;
  private underWay: Promise<unknown> = Promise.resolve();
  private stale = 0;
  /** Why the caller takes no more: it has stopped waiting, or it has read as much as it may. */
  private refused: { readonly reason: unknown } | undefined;

  constructor(reach: Reach, table: string, options: ScanOptions, batchRows: number) {
    this.reach = reach;
    this.table = table;
    this.options = options;
    this.batchRows = batchRows;
    this.position = { row: options.start, isInclusive: true };
  }

  /** The next rows, however many attempts they take. Each step moves the position or ends the scan. */
  step(leftRows: number): Promise<ScanStep> {
    const { reach } = this;
    const patience = new Patience(reach.operationTimeoutMs);
    const onRetry = (error: HBaseError, attempt: number): void =>
      reach.emit({ kind: 'retried', operation: 'scan', attempt, rows: 0, reason: error.message });
    let hasFailed = false;
    const step = withRetry({ patience, signal: reach.signal, onRetry }, async () => {
      try {
        return await this.attempt(leftRows);
      } catch (thrown) {
        if (this.refused !== undefined) throw thrown;
        if (!hasFailed) patience.renew();
        hasFailed = true;
        throw await this.abandonScanner(asHBaseError(thrown));
      }
    }).catch((error: unknown) => {
      throw this.refused === undefined ? error : this.refused.reason;
    });
    this.underWay = step.catch(() => undefined);
    return untilAborted(step, this.options.limits?.signal);
  }

  /** Frees the scanner. Nobody waits for that after the caller has gone: the call under way is answered first. */
  async close(): Promise<void> {
    const closed = this.underWay.then(() => this.scanner?.close());
    if (this.options.limits?.signal?.aborted !== true) await closed;
  }

  /** Asks until there are whole rows: an answer may hold a piece of a row, or nothing but a sign of life. */
  private async attempt(leftRows: number): Promise<ScanStep> {
    for (;;) {
      this.checkWanted();
      this.scanner ??= await this.openScanner();
      this.checkWanted();
      const { rows, isRegionDone, bytes } = await this.scanner.next(this.batchRows, leftRows);
      this.checkBytes(bytes);
      const last = rows.at(-1);
      if (last !== undefined) this.position = { row: Buffer.from(last[0]!.row), isInclusive: false };
      if (this.options.keysOnly === true) for (const row of rows) row.length = 1;
      if (rows.length > 0 || isRegionDone)
        return { rows, isDone: isRegionDone && !this.enterNextRegion(this.scanner.region) };
    }
  }

  private checkWanted(): void {
    const signal = this.options.limits?.signal;
    if (signal?.aborted !== true) return;
    this.refused = { reason: signal.reason };
    throw new Error('the caller has stopped waiting for the scan');
  }

  private checkBytes(bytes: number): void {
    try {
      this.options.limits?.onBytes?.(bytes);
    } catch (reason) {
      this.refused = { reason };
      throw reason;
    }
  }

  private async openScanner(): Promise<RegionScanner> {
    const { reach, table, options, position } = this;
    this.regions = await reach.meta.regions(table, this.stale);
    const region = this.regions.at(position.row);
    if (region === undefined || region.server === '')
      throw noServerError(`row ${position.row.toString('hex')} of ${table}`);
    const connection = await reach.servers.connection(region.server, 'ClientService');
    return new RegionScanner(region, connection, scanMessage(options, position, this.batchRows), reach.callTimeoutMs);
  }

  /** Moves to the end of a region that was read; false: nothing lies behind it. */
  private enterNextRegion(region: Region): boolean {
    const { stop } = this.options;
    this.scanner = undefined;
    const { end } = region;
    if (end.length === 0 || (stop.length > 0 && Buffer.compare(end, stop) >= 0)) return false;
    this.position = { row: end, isInclusive: true };
    return true;
  }

  /** After a failure: the next attempt opens another scanner, by meta read anew if the region is elsewhere. */
  private async abandonScanner(error: HBaseError): Promise<HBaseError> {
    const { reach, table, scanner } = this;
    this.scanner = undefined;
    if (error.fate === 'relocate') {
      this.stale = this.regions?.version ?? 0;
      reach.emit({ kind: 'relocated', table, reason: error.message });
    } else if (isResent(error)) await scanner?.close();
    return error;
  }
}

function isEmptyRange({ start, stop }: ScanOptions): boolean {
  return start.length > 0 && stop.length > 0 && Buffer.compare(start, stop) >= 0;
}
