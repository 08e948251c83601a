/**
 * HBase as the laws rely on it, in memory: cells with timestamps, one version, delete markers, atomic rows.
 *
 * A put of a cell with a lower timestamp loses, one with the same timestamp replaces; a marker hides what is at or
 * below its timestamp. Calls fail as the real ones do: refused, applied in part, applied and reported as failed,
 * applied once more later, or arriving in two parts, or only much later. A scan sees each row as it is when it gets
 * there.
 */
import { HBaseError } from '../../core/hbase/errors.ts';
import type {
  Check,
  Cell,
  GetAnswer,
  HBaseClient,
  PutAnswer,
  RowDelete,
  RowGet,
  RowPut,
  ScanOptions,
} from '../../core/hbase/types.ts';
import type { Faults } from './faults.ts';

export interface SimulatedHBase {
  /** `before` is awaited by each call. Without faults calls succeed. */
  client(before?: () => Promise<void>, faults?: Faults): HBaseClient;
  /** Puts that were sent twice arrive a second time now. */
  deliverLate(): void;
  /** What was put since the last call, cell by cell, also where it lost to a newer one. */
  written(): Written[];
}

export interface Written {
  readonly table: string;
  readonly cell: Cell;
}

interface Row {
  readonly key: Buffer;
  readonly cells: Map<string, Cell>;
  readonly hiddenUpTo: Map<string, number>;
}

type Fate = 'well' | 'hbase_refused' | 'hbase_applied_but_failed' | 'hbase_repeated_later' | 'hbase_checked_later';

export function simulatedHBase(): SimulatedHBase {
  const tables = new Map<string, Map<string, Row>>();
  const late: (() => void)[] = [];
  let written: Written[] = [];
  const rowsOf = (table: string): Map<string, Row> => {
    let rows = tables.get(table);
    if (!rows) tables.set(table, (rows = new Map<string, Row>()));
    return rows;
  };
  const rowFor = (table: string, key: Buffer): Row => {
    const rows = rowsOf(table);
    const name = key.toString('latin1');
    let row = rows.get(name);
    if (!row) rows.set(name, (row = { key: Buffer.from(key), cells: new Map(), hiddenUpTo: new Map() }));
    return row;
  };
  const apply = (table: string, { row: key, cells }: RowPut): void => {
    const row = rowFor(table, key);
    for (const given of cells) {
      const cell = { ...given, row: row.key };
      written.push({ table, cell });
      const name = `${cell.family}:${cell.qualifier.toString('latin1')}`;
      if (cell.timestamp <= (row.hiddenUpTo.get(cell.family) ?? -1)) continue;
      if (cell.timestamp >= (row.cells.get(name)?.timestamp ?? 0)) row.cells.set(name, cell);
    }
  };
  return {
    client: (before = async () => undefined, faults) =>
      clientOf({ before, faults, rowsOf, rowFor, apply, late: (put) => late.push(put) }),
    deliverLate: () => late.splice(0).forEach((arrive) => arrive()),
    written() {
      const all = written;
      written = [];
      return all;
    },
  };
}

interface Inside {
  readonly before: () => Promise<void>;
  readonly faults: Faults | undefined;
  readonly rowsOf: (table: string) => ReadonlyMap<string, Row>;
  readonly rowFor: (table: string, key: Buffer) => Row;
  readonly apply: (table: string, put: RowPut) => void;
  readonly late: (arrive: () => void) => void;
}

function clientOf({ before, faults, rowsOf, rowFor, apply, late }: Inside): HBaseClient {
  const fateOf = (): Fate =>
    (['hbase_refused', 'hbase_applied_but_failed', 'hbase_repeated_later'] as const).find((fault) =>
      faults?.strikes(fault, 0.01),
    ) ?? 'well';
  const write = async (rows: number, one: (index: number, how: Fate) => void): Promise<PutAnswer[]> => {
    await before();
    const answers: PutAnswer[] = [];
    for (let index = 0; index < rows; index++) {
      if (index > 0 && faults?.strikes('hbase_slow', 0.02)) await before();
      const how = fateOf();
      if (how !== 'hbase_refused') one(index, how);
      answers.push(
        how === 'well' || how === 'hbase_repeated_later'
          ? { status: 'done' }
          : { status: 'failed', error: failure(how) },
      );
    }
    return answers;
  };
  const client = {
    put: async (table: string, puts: RowPut[]) =>
      write(puts.length, (index, how) => {
        apply(table, puts[index]!);
        if (how === 'hbase_repeated_later') late(() => apply(table, puts[index]!));
      }),
    delete: async (table: string, deletes: RowDelete[]) =>
      write(deletes.length, (index) => {
        const { row: key, families, timestamp } = deletes[index]!;
        const row = rowFor(table, key);
        for (const family of families)
          row.hiddenUpTo.set(family, Math.max(timestamp, row.hiddenUpTo.get(family) ?? -1));
        for (const [name, cell] of row.cells)
          if (cell.timestamp <= (row.hiddenUpTo.get(cell.family) ?? -1)) row.cells.delete(name);
      }),
    async get(table: string, gets: RowGet[]): Promise<GetAnswer[]> {
      await before();
      return gets.map(({ row, families }) => {
        if (faults?.strikes('hbase_refused', 0.01)) return { status: 'failed', error: failure('hbase_refused') };
        const cells = cellsOf(rowsOf(table).get(row.toString('latin1')), families ? { families } : {});
        return cells.length > 0 ? { status: 'found', cells } : { status: 'absent' };
      });
    },
    async *scan(table: string, options: ScanOptions) {
      await before();
      const keys = [...rowsOf(table).values()].map(({ key }) => key).filter((key) => isWithin(key, options));
      for (const key of keys.sort((a, b) => Buffer.compare(a, b))) {
        if (faults?.strikes('hbase_slow', 0.02)) await before();
        const cells = cellsOf(rowsOf(table).get(key.toString('latin1')), options);
        if (cells.length > 0) yield [cells];
      }
    },
    async checkAndPut(table: string, { row, family, qualifier, expected }: Check, put: RowPut): Promise<boolean> {
      await before();
      if (faults?.strikes('hbase_refused', 0.01)) throw failure('hbase_refused');
      const isDone = (): boolean => {
        const found = rowFor(table, row).cells.get(`${family}:${qualifier.toString('latin1')}`);
        if (expected === null ? found !== undefined : !found?.value.equals(expected)) return false;
        apply(table, put);
        return true;
      };
      // The batch layer's lock sees to it that nobody else moves the horizon; growths and stamps have no lock.
      if (/^(growth|stamps)\//.test(row.toString()) && faults?.strikes('hbase_checked_later', 0.1)) {
        late(() => void isDone());
        throw failure('hbase_checked_later');
      }
      if (!isDone()) return false;
      if (faults?.strikes('hbase_applied_but_failed', 0.05)) throw failure('hbase_applied_but_failed');
      return true;
    },
  } satisfies Pick<HBaseClient, 'put' | 'get' | 'delete' | 'scan' | 'checkAndPut'>;
  return client as unknown as HBaseClient;
}

function isWithin(key: Buffer, { start, stop, rowRanges }: ScanOptions): boolean {
  const within = (range: { start: Buffer; stop: Buffer }): boolean =>
    Buffer.compare(key, range.start) >= 0 && (range.stop.length === 0 || Buffer.compare(key, range.stop) < 0);
  return within({ start, stop }) && (!rowRanges || rowRanges.some(within));
}

function cellsOf(
  row: Row | undefined,
  { families, columnRange, timeRange }: Partial<Pick<ScanOptions, 'families' | 'columnRange' | 'timeRange'>>,
): Cell[] {
  const isAsked = ({ family, qualifier, timestamp }: Cell): boolean =>
    (!families || families.includes(family)) &&
    (!timeRange || (timestamp >= timeRange.from && timestamp < timeRange.to)) &&
    (!columnRange ||
      (Buffer.compare(qualifier, columnRange.from) >= 0 &&
        (columnRange.to.length === 0 || Buffer.compare(qualifier, columnRange.to) < 0)));
  return [...(row?.cells.values() ?? [])]
    .filter(isAsked)
    .sort((a, b) => (a.family === b.family ? Buffer.compare(a.qualifier, b.qualifier) : a.family < b.family ? -1 : 1));
}

function failure(how: Fate): HBaseError {
  return new HBaseError('wait', 'simulated', `the call was ${how}`, { isAmbiguous: true });
}
