// What the HBase client offers, in HBase's own words: rows, families, qualifiers, timestamps. The stores of core/stores
// program against this file and never against the wire; client.ts answers it. Every row that was asked for is answered
// in the order of the request, as found, absent, done or failed: a row that the server did not name has failed, so that
// a caller can never mistake silence for absence. Timestamps are always the caller's: a resent write changes nothing.

import type { ReadLimits } from '../process/read-limits.ts';
import type { HBaseError } from './errors.ts';

/** One cell. `timestamp` is an integer in [0, 2^53). */
export interface Cell {
  row: Buffer;
  family: string;
  qualifier: Buffer;
  timestamp: number;
  value: Buffer;
}

/** One mutation, atomic for its row. */
export interface RowPut {
  row: Buffer;
  cells: { family: string; qualifier: Buffer; timestamp: number; value: Buffer }[];
}

/** DeleteFamily markers: hides every cell of these families with a timestamp at or below `timestamp`. */
export interface RowDelete {
  row: Buffer;
  families: string[];
  timestamp: number;
}

/** `families` and `columns` narrow the question, both absent means the whole row; `timeRange` is [from, to). */
export interface RowGet {
  row: Buffer;
  families?: string[];
  columns?: { family: string; qualifier: Buffer }[];
  timeRange?: { from: number; to: number };
}

export type GetAnswer =
  { status: 'found'; cells: Cell[] } | { status: 'absent' } | { status: 'failed'; error: HBaseError };

export type PutAnswer = { status: 'done' } | { status: 'failed'; error: HBaseError };

export interface ScanOptions {
  /** First row, inclusive; empty: from the table's beginning. With `reversed`, the greatest row. */
  start: Buffer;
  /** Row to stop before, exclusive; empty: to the table's end. */
  stop: Buffer;
  families?: string[];
  timeRange?: { from: number; to: number };
  reversed?: boolean;
  limitRows?: number;
  /** Most rows in one batch handed out. */
  batchRows?: number;
  /** Row keys with one cell each and no value. */
  keysOnly?: boolean;
  /** Qualifiers in [from, to); an empty `to` has no upper bound. */
  columnRange?: { from: Buffer; to: Buffer };
  /** Only rows of these ranges, each [start, stop) and not empty; `start` and `stop` above must span them. */
  rowRanges?: { start: Buffer; stop: Buffer }[];
  /** Most cells of one row, the first ones in the order of qualifiers (of those in the column range). */
  limitCells?: number;
  /** When to stop: the scan then throws the signal's reason, and frees its scanner. */
  limits?: ReadLimits | undefined;
}

export interface TableSchema {
  /** "namespace:table" */
  name: string;
  families: FamilySchema[];
}

export interface FamilySchema {
  name: string;
  ttlSeconds?: number;
  maxVersions?: number;
  bloom?: 'ROW' | 'NONE' | 'ROWCOL';
  compression?: 'NONE';
  blockSizeBytes?: number;
  dataBlockEncoding?: 'NONE' | 'FAST_DIFF';
  inMemory?: boolean;
  /** BASIC keeps the sorted structure that takes writes small: older cells in memory lie in flat arrays. */
  inMemoryCompaction?: 'NONE' | 'BASIC';
}

export interface RegionPlace {
  /** The full region name, which HBase keeps in meta; a byte a character, since it holds the start key. */
  name: string;
  start: Buffer;
  end: Buffer;
  /** "host:port", or empty while the region is nowhere. */
  server: string;
}

export interface HBaseAdmin {
  ensureNamespace(name: string): Promise<void>;
  ensureTable(schema: TableSchema, splitKeys: Buffer[]): Promise<'created' | 'existed'>;
  describeTable(table: string): Promise<TableSchema | null>;
  modifyFamilies(schema: TableSchema): Promise<void>;
  /** Removes a family with everything in it; a table keeps at least one. */
  dropFamily(table: string, family: string): Promise<void>;
  dropTable(table: string): Promise<void>;
  disableTable(table: string): Promise<void>;
  enableTable(table: string): Promise<void>;
  dropNamespace(name: string): Promise<void>;
  regions(table: string): Promise<RegionPlace[]>;
  /** Asks the master to move a region to another server, any other; returns when it has moved. */
  moveRegion(table: string, regionName: string): Promise<void>;
  /** Splits the region that holds `splitKey` there; returns when both halves are open. */
  splitRegion(table: string, splitKey: Buffer): Promise<void>;
}

export interface HBaseClient {
  put(table: string, puts: RowPut[]): Promise<PutAnswer[]>;
  get(table: string, gets: RowGet[], limits?: ReadLimits): Promise<GetAnswer[]>;
  delete(table: string, deletes: RowDelete[]): Promise<PutAnswer[]>;
  /**
   * Batches of rows; a row is all of its cells, never split over two entries. Survives regions that move or split on
   * the way without a row lost or repeated. Throws HBaseError, or what its limits say.
   */
  scan(table: string, options: ScanOptions): AsyncIterable<Cell[][]>;
  /** `expected` null: the column must be absent. True: the put was applied. */
  checkAndPut(
    table: string,
    row: Buffer,
    family: string,
    qualifier: Buffer,
    expected: Buffer | null,
    put: RowPut,
  ): Promise<boolean>;
  admin: HBaseAdmin;
  /** A cheap question to meta; rejects quickly when HBase is away. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface HBaseClientOptions {
  /** "host:port[,host:port…]" */
  zookeeper: string;
  /** Root node of this HBase, usually "/hbase". */
  znode: string;
  /** The user that HBase sees. */
  user: string;
  /** Deadline of one call to one server. */
  callTimeoutMs: number;
  /** Deadline of one operation with all its retries. */
  operationTimeoutMs: number;
  signal?: AbortSignal;
  onEvent?: (event: HBaseEvent) => void;
}

/** What happened below the surface, for logs and metrics. */
export type HBaseEvent =
  | { kind: 'connected'; server: string }
  | { kind: 'disconnected'; server: string; reason: string }
  | { kind: 'relocated'; table: string; reason: string }
  | { kind: 'retried'; operation: string; attempt: number; rows: number; reason: string }
  | { kind: 'located'; server: string };
