/**
 * A scan of a table, region after region, as batches of whole rows. Memory holds one answer at a time (about 2 MB, or
 * one row where a row is wider).
 *
 * The position is all that matters: it moves only behind rows that were handed on, or to the edge of a region that has
 * ended. Whatever fails, splits or moves, the next scanner starts from the position, so no row is lost and none comes
 * twice. The deadline is for failures: it runs from the first one until the position moves again, so that neither a
 * long scan nor a slow caller meets it, and a scan that fails for ever does. A caller who wants no more is let go at
 * once; what was asked meanwhile is answered to nobody, and its scanner freed after that.
 */
import { untilAborted } from '../process/read-limits.ts';
import { asHBaseError, HBaseError, isResent } from './errors.ts';
import type { Reach } from './batch.ts';
import { RegionScanner, scanMessage } from './region-scanner.ts';
import type { ScanPosition } from './region-scanner.ts';
import type { Region, TableRegions } from './regions.ts';
import { backoffMs, pause } from './retry.ts';
import type { Cell, ScanOptions } from './types.ts';

const BATCH_ROWS = 2_000;

export async function* scanTable(
  reach: Reach,
  table: string,
  options: ScanOptions,
): AsyncGenerator<Cell[][], void, undefined> {
  const batchRows = options.batchRows ?? BATCH_ROWS;
  const scan = new Walk(reach, table, options, batchRows);
  let leftRows = options.limitRows ?? Infinity;
  if (isEmptyRange(options) || leftRows <= 0) return;
  try {
    for (;;) {
      const step = await scan.step(leftRows);
      const rows = step.rows.length > leftRows ? step.rows.slice(0, leftRows) : step.rows;
      leftRows -= rows.length;
      for (let at = 0; at < rows.length; at += batchRows)
        yield rows.length <= batchRows ? rows : rows.slice(at, at + batchRows);
      if (step.done || leftRows <= 0) return;
    }
  } finally {
    await scan.close();
  }
}

class Walk {
  private readonly reach: Reach;
  private readonly table: string;
  private readonly options: ScanOptions;
  private readonly batchRows: number;
  private position: ScanPosition;
  private scanner: RegionScanner | undefined;
  private regions: TableRegions | undefined;
  private underWay: Promise<unknown> = Promise.resolve();
  private stale = 0;
  private failures = 0;
  private failingSince = 0;

  constructor(reach: Reach, table: string, options: ScanOptions, batchRows: number) {
    this.reach = reach;
    this.table = table;
    this.options = options;
    this.batchRows = batchRows;
    this.position = { row: options.start, inclusive: true };
  }

  /** The next rows, however many attempts they take. */
  async step(leftRows: number): Promise<{ rows: Cell[][]; done: boolean }> {
    for (;;) {
      try {
        const signal = this.options.limits?.signal;
        if (signal?.aborted === true) throw new Unwanted(signal.reason);
        this.scanner ??= await this.wanted(this.openScanner());
        const { rows, regionDone, bytes } = await this.wanted(this.scanner.next(this.batchRows, leftRows));
        this.take(bytes);
        const last = rows.at(-1);
        if (last !== undefined) this.moveTo({ row: Buffer.from(last[0]!.row), inclusive: false });
        if (this.options.keysOnly === true) for (const row of rows) row.length = 1;
        return { rows, done: regionDone && !this.enterNextRegion(this.scanner.region) };
      } catch (error) {
        if (error instanceof Unwanted) throw error.cause;
        await this.recover(asHBaseError(error));
      }
    }
  }

  /**
   * Frees the scanner. After a call that nobody waited for any more it is freed once that is answered, and nobody waits
   * for it.
   */
  async close(): Promise<void> {
    const { scanner, underWay } = this;
    this.scanner = undefined;
    const closed = underWay.then(() => scanner?.close());
    if (this.options.limits?.signal?.aborted !== true) await closed;
  }

  private async wanted<T>(call: Promise<T>): Promise<T> {
    const signal = this.options.limits?.signal;
    this.underWay = call.catch(() => undefined);
    try {
      return await untilAborted(call, signal);
    } catch (error) {
      throw signal?.aborted === true ? new Unwanted(signal.reason) : error;
    }
  }

  private take(bytes: number): void {
    try {
      this.options.limits?.onBytes?.(bytes);
    } catch (error) {
      throw new Unwanted(error);
    }
  }

  private async openScanner(): Promise<RegionScanner> {
    const { reach, table, options, position } = this;
    this.regions = await reach.meta.regions(table, this.stale);
    const backwards = options.reversed === true && (!position.inclusive || position.row.length === 0);
    const region = backwards ? this.regions.before(position.row) : this.regions.at(position.row);
    if (region === undefined || region.server === '')
      throw new HBaseError(
        'relocate',
        'NoRegion',
        `no server has the region of row ${position.row.toString('hex')} of ${table} just now`,
      );
    const connection = await reach.servers.connection(region.server, 'ClientService');
    return new RegionScanner(region, connection, scanMessage(options, position, this.batchRows), reach.callTimeoutMs);
  }

  /** Moves to the edge of a region that has ended; false: nothing lies behind it. */
  private enterNextRegion(region: Region): boolean {
    const { stop, reversed } = this.options;
    this.scanner = undefined;
    const edge = reversed === true ? region.start : region.end;
    if (edge.length === 0) return false;
    if (stop.length > 0) {
      const order = Buffer.compare(edge, stop);
      if (reversed === true ? order <= 0 : order >= 0) return false;
    }
    this.moveTo({ row: edge, inclusive: reversed !== true });
    return true;
  }

  private moveTo(position: ScanPosition): void {
    this.position = position;
    this.failures = 0;
  }

  private async recover(error: HBaseError): Promise<void> {
    const { reach, table } = this;
    const abandoned = this.scanner;
    this.scanner = undefined;
    if (this.failures === 0) this.failingSince = performance.now();
    const waitMs = backoffMs(this.failures++);
    if (!isResent(error) || performance.now() + waitMs > this.failingSince + reach.operationTimeoutMs) throw error;
    if (error.fate === 'relocate') {
      this.stale = this.regions?.version ?? 0;
      reach.emit({ kind: 'relocated', table, reason: error.message });
    } else await abandoned?.close();
    await this.wanted(pause(waitMs, reach.signal)).catch(rethrowCause);
    reach.emit({ kind: 'retried', operation: 'scan', attempt: this.failures, rows: 0, reason: error.message });
  }
}

/** The caller wants no more; the cause is what it said. Kept apart from faults, which are tried again. */
class Unwanted extends Error {
  constructor(cause: unknown) {
    super('the caller wants no more', { cause });
  }
}

function rethrowCause(error: unknown): never {
  throw error instanceof Unwanted ? error.cause : error;
}

function isEmptyRange({ start, stop, reversed }: ScanOptions): boolean {
  if (start.length === 0 || stop.length === 0) return false;
  const order = Buffer.compare(start, stop);
  return reversed === true ? order <= 0 : order >= 0;
}
