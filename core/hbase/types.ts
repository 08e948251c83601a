/**
 * What the HBase client offers, in HBase's own words: rows, families, qualifiers, timestamps. The stores of core/stores
 * program against this file and never against the wire; client.ts answers it.
 *
 * The client answers for every row in the order of the request: found, absent, done or failed. A row that the server
 * does not name has failed, so that no caller mistakes silence for absence. Timestamps are always the caller's: a
 * resent write changes nothing.
 */
import type { ReadLimits } from '../process/read-limits.ts';
import type { HeldToken } from '../process/held-token.ts';
import type { TlsIdentity } from '../process/pem.ts';
import type { ServiceAccess } from '../process/security-settings.ts';
import type { HBaseError } from './errors.ts';

/** One cell. `timestamp` is an integer in [0, 2^53). */
export interface Cell {
  readonly row: Buffer;
  readonly family: string;
  readonly qualifier: Buffer;
  readonly timestamp: number;
  readonly value: Buffer;
}

/** One mutation, atomic for its row. */
export interface RowPut {
  readonly row: Buffer;
  readonly cells: readonly Omit<Cell, 'row'>[];
}

/** DeleteFamily markers: hides every cell of these families with a timestamp at or below `timestamp`. */
export interface RowDelete {
  readonly row: Buffer;
  readonly families: readonly string[];
  readonly timestamp: number;
}

/** `families` and `columns` narrow the question; both absent means the whole row. */
export interface RowGet {
  readonly row: Buffer;
  readonly families?: readonly string[];
  readonly columns?: readonly Pick<Cell, 'family' | 'qualifier'>[];
}

interface FailedRow {
  readonly status: 'failed';
  readonly error: HBaseError;
}

export type GetAnswer =
  { readonly status: 'found'; readonly cells: readonly Cell[] } | { readonly status: 'absent' } | FailedRow;

export type PutAnswer = { readonly status: 'done' } | FailedRow;

/** A condition on one column of a row. */
export interface Check {
  readonly row: Buffer;
  readonly family: string;
  readonly qualifier: Buffer;
  /** Null: the column must be absent. */
  readonly expected: Buffer | null;
}

export interface ScanOptions {
  /** First row, inclusive; empty: from the table's beginning. */
  readonly start: Buffer;
  /** Row to stop before, exclusive; empty: to the table's end. */
  readonly stop: Buffer;
  readonly families?: readonly string[];
  /** Cells with a timestamp in [from, to). */
  readonly timeRange?: { readonly from: number; readonly to: number };
  readonly limitRows?: number;
  /** How many rows a batch has at most. */
  readonly batchRows?: number;
  /** Row keys with one cell each and no value. */
  readonly keysOnly?: boolean;
  /** Qualifiers in [from, to); an empty `to` has no upper bound. */
  readonly columnRange?: { readonly from: Buffer; readonly to: Buffer };
  /** Only rows of these ranges, each [start, stop) and not empty; `start` and `stop` above must span them. */
  readonly rowRanges?: readonly { readonly start: Buffer; readonly stop: Buffer }[];
  /** When to stop: the scan then throws the signal's reason, and frees its scanner. */
  readonly limits?: ReadLimits | undefined;
}

export interface TableSchema {
  /** "namespace:table" */
  readonly name: string;
  readonly families: readonly FamilySchema[];
}

/** How HBase packs the blocks of its files. GZ is in every Java; servers may lack ZSTD, and refuse it then. */
export type Codec = 'NONE' | 'GZ' | 'ZSTD';

export interface FamilySchema {
  readonly name: string;
  readonly ttlSeconds?: number;
  readonly maxVersions?: number;
  readonly bloom?: 'ROW' | 'NONE' | 'ROWCOL';
  readonly compression?: Codec;
  readonly blockSizeBytes?: number;
  readonly dataBlockEncoding?: 'NONE' | 'FAST_DIFF';
  readonly inMemory?: boolean;
  /** BASIC keeps the sorted structure for new writes small: older cells in memory lie in flat arrays. */
  readonly inMemoryCompaction?: 'NONE' | 'BASIC';
}

export interface RegionLocation {
  /** The full region name, which HBase keeps in meta; a byte a character, since it holds the start key. */
  readonly name: string;
  readonly start: Buffer;
  readonly end: Buffer;
  /** "host:port", or empty while no server has the region. */
  readonly server: string;
}

export interface HBaseAdmin {
  ensureNamespace(name: string): Promise<void>;
  ensureTable(schema: TableSchema, splitKeys: readonly Buffer[]): Promise<'created' | 'existed'>;
  describeTable(table: string): Promise<TableSchema | null>;
  modifyFamilies(schema: TableSchema): Promise<void>;
  /** Removes a family with everything in it; a table keeps at least one. */
  dropFamily(table: string, family: string): Promise<void>;
  dropTable(table: string): Promise<void>;
  disableTable(table: string): Promise<void>;
  enableTable(table: string): Promise<void>;
  dropNamespace(name: string): Promise<void>;
  /** Gives a user exactly these rights in a namespace, as letters of RWXCA; for an administrator of HBase. */
  grant(user: string, namespace: string, actions: string): Promise<void>;
  /** What this user may do in a namespace, as letters of RWXCA. */
  allowed(namespace: string): Promise<string>;
  regions(table: string): Promise<RegionLocation[]>;
  /** Asks the master to move a region to another server, any other; returns when it has moved. */
  moveRegion(table: string, regionName: string): Promise<void>;
  /** Splits the region that holds `splitKey` there; returns when both halves are open. */
  splitRegion(table: string, splitKey: Buffer): Promise<void>;
}

export interface HBaseClient {
  put(table: string, puts: readonly RowPut[]): Promise<PutAnswer[]>;
  get(table: string, gets: readonly RowGet[], limits?: ReadLimits): Promise<GetAnswer[]>;
  delete(table: string, deletes: readonly RowDelete[]): Promise<PutAnswer[]>;
  /**
   * Batches of rows; a row is all of its cells, never split over two entries. The scan loses and repeats no row when
   * regions move or split meanwhile. Throws HBaseError, or what its limits say.
   */
  scan(table: string, options: ScanOptions): AsyncIterable<Cell[][]>;
  /** Puts if the check holds (compare-and-set). True: the put was applied. Check and put name the same row. */
  checkAndPut(table: string, check: Check, put: RowPut): Promise<boolean>;
  readonly admin: HBaseAdmin;
  /** A cheap question to meta; rejects quickly when HBase is away. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** How servers are entered: `user` is whom HBase believes where it does not ask for Kerberos. */
export interface HBaseAccess {
  readonly user: string;
  /** Absent or null: plain text. */
  readonly tls?: TlsIdentity | null;
  readonly kerberos?: ServiceAccess | null;
  /** A token instead of a ticket. */
  readonly token?: HeldToken | null;
}

export interface HBaseClientOptions {
  /** "host:port[,host:port…]" */
  readonly zookeeper: string;
  /** How ZooKeeper is entered. */
  readonly zookeeperAccess?: Omit<HBaseAccess, 'user'>;
  /** Masters "host:port[,host:port…]" that are asked where the servers are, instead of ZooKeeper. */
  readonly masters?: string | undefined;
  readonly access?: Omit<HBaseAccess, 'user'>;
  /** Root node of this HBase, usually "/hbase". */
  readonly znode: string;
  /** The user that HBase sees. */
  readonly user: string;
  /** Deadline of one call to one server. */
  readonly callTimeoutMs: number;
  /** Deadline of one operation with all its retries. */
  readonly operationTimeoutMs: number;
  readonly signal?: AbortSignal;
  onEvent?: (event: HBaseEvent) => void;
}

/** What happened below the surface, for logs and metrics. */
export type HBaseEvent =
  | { readonly kind: 'connected'; readonly server: string }
  | { readonly kind: 'disconnected'; readonly server: string; readonly reason: string }
  | { readonly kind: 'relocated'; readonly table: string; readonly reason: string }
  | {
      readonly kind: 'retried';
      readonly operation: string;
      readonly attempt: number;
      readonly rows: number;
      readonly reason: string;
    }
  | { readonly kind: 'located'; readonly server: string };
