/**
 * HBase as the laws rely on it, in memory: cells with timestamps, one version, delete markers, atomic rows.
 *
 * A put of a cell with a lower timestamp loses, one with the same timestamp replaces; a marker hides what is at or below its
 * timestamp. Calls fail as the real ones do: refused, applied in part, applied and reported as failed, or applied once more later.
 */
import { HBaseError } from '../../core/stores/hbase/errors.ts';
import type { Cell, GetAnswer, HBaseClient, PutAnswer, RowDelete, RowGet, RowPut, ScanOptions } from '../../core/stores/hbase/types.ts';

export type Fate = 'well' | 'refused' | 'applied_but_failed' | 'repeated_later';

export interface SimulatedHBase {
  /** `before` is awaited by each call; `fate` is asked for each row. */
  client(before?: () => Promise<void>, fate?: () => Fate): HBaseClient;
  /** Puts that were sent twice arrive a second time now. */
  deliverLate(): void;
}

interface Row {
  readonly key: Buffer;
  readonly cells: Map<string, Cell>;
  readonly hiddenUpTo: Map<string, number>;
}

export function simulatedHBase(): SimulatedHBase {
  const tables = new Map<string, Map<string, Row>>();
  const late: { table: string; put: RowPut }[] = [];
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
    for (const cell of cells) {
      const name = `${cell.family}:${cell.qualifier.toString('latin1')}`;
      if (cell.timestamp <= (row.hiddenUpTo.get(cell.family) ?? -1)) continue;
      if (cell.timestamp >= (row.cells.get(name)?.timestamp ?? 0)) row.cells.set(name, { ...cell, row: row.key });
    }
  };
  return {
    client: (before = async () => undefined, fate = () => 'well') =>
      clientOf({ before, fate, rowsOf, rowFor, apply, late: (table, put) => late.push({ table, put }) }),
    deliverLate: () => late.splice(0).forEach(({ table, put }) => apply(table, put)),
  };
}

interface Inside {
  readonly before: () => Promise<void>;
  readonly fate: () => Fate;
  readonly rowsOf: (table: string) => ReadonlyMap<string, Row>;
  readonly rowFor: (table: string, key: Buffer) => Row;
  readonly apply: (table: string, put: RowPut) => void;
  readonly late: (table: string, put: RowPut) => void;
}

function clientOf({ before, fate, rowsOf, rowFor, apply, late }: Inside): HBaseClient {
  const write = async (rows: number, one: (index: number, how: Fate) => void): Promise<PutAnswer[]> => {
    await before();
    return Array.from({ length: rows }, (_, index) => {
      const how = fate();
      if (how !== 'refused') one(index, how);
      return how === 'well' || how === 'repeated_later' ? { status: 'done' } : { status: 'failed', error: failure(how) };
    });
  };
  const client = {
    put: async (table: string, puts: RowPut[]) =>
      write(puts.length, (index, how) => {
        apply(table, puts[index]!);
        if (how === 'repeated_later') late(table, puts[index]!);
      }),
    delete: async (table: string, deletes: RowDelete[]) =>
      write(deletes.length, (index) => {
        const { row: key, families, timestamp } = deletes[index]!;
        const row = rowFor(table, key);
        for (const family of families) row.hiddenUpTo.set(family, Math.max(timestamp, row.hiddenUpTo.get(family) ?? -1));
        for (const [name, cell] of row.cells) if (cell.timestamp <= (row.hiddenUpTo.get(cell.family) ?? -1)) row.cells.delete(name);
      }),
    async get(table: string, gets: RowGet[]): Promise<GetAnswer[]> {
      await before();
      return gets.map(({ row, families }) => {
        if (fate() === 'refused') return { status: 'failed', error: failure('refused') };
        const cells = cellsOf(rowsOf(table).get(row.toString('latin1')), families);
        return cells.length > 0 ? { status: 'found', cells } : { status: 'absent' };
      });
    },
    async *scan(table: string, { start, stop, families }: ScanOptions) {
      await before();
      const rows = [...rowsOf(table).values()]
        .filter(({ key }) => Buffer.compare(key, start) >= 0 && (stop.length === 0 || Buffer.compare(key, stop) < 0))
        .sort((a, b) => Buffer.compare(a.key, b.key));
      for (const row of rows) {
        const cells = cellsOf(row, families);
        if (cells.length > 0) yield [cells];
      }
    },
  } satisfies Pick<HBaseClient, 'put' | 'get' | 'delete' | 'scan'>;
  return client as unknown as HBaseClient;
}

function cellsOf(row: Row | undefined, families: readonly string[] | undefined): Cell[] {
  return [...(row?.cells.values() ?? [])]
    .filter(({ family }) => !families || families.includes(family))
    .sort((a, b) => Buffer.compare(Buffer.from(a.family), Buffer.from(b.family)) || Buffer.compare(a.qualifier, b.qualifier));
}

function failure(how: Fate): HBaseError {
  return new HBaseError('wait', 'simulated', `the call was ${how}`, true);
}
