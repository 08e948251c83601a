/**
 * HBase's own table of regions, hbase:meta. This file reads all regions of a table on the first question, and again
 * when a server says that a region has moved. Batches and scans ask here where to go; the answer may be stale, and the
 * servers correct it.
 *
 * meta's rows are "table,start,id.encoded."; the scan for table T goes from "T,," to "T ,,", because meta compares the
 * parts of its keys, not their bytes ("T,-" would lose most regions). So another table whose name begins with T stays
 * outside; the scan compares the name inside each row all the same. ZooKeeper names meta's own server. This file
 * forgets it on any failure, so that a stale answer costs one attempt.
 */
import type { HostPort } from '../process/host-port.ts';
import type { Connection } from './connection.ts';
import { CellReader } from './cells.ts';
import { asHBaseError, HBaseError } from './errors.ts';
import { messages } from './messages.ts';
import type { RegionInfo, TableName } from './messages.ts';
import { makeRegion, TableRegions } from './regions.ts';
import type { Region } from './regions.ts';
import type { Servers } from './servers.ts';
import type { HBaseEvent } from './types.ts';
import type { Directory } from './zookeeper.ts';

const META_REGION = { type: 1, value: Buffer.from('hbase:meta,,1') };
const INFO = Buffer.from('info');
const TABLE = Buffer.from('table');
const STATE = Buffer.from('state');
/** Of TableState; 0: enabled, 2: disabling, 3: enabling. */
const DISABLED = 1;
const ROWS_PER_CALL = 1000;

export class Meta {
  private readonly directory: Directory;
  private readonly servers: Servers;
  private readonly callTimeoutMs: number;
  private readonly emit: (event: HBaseEvent) => void;
  private server: HostPort | undefined;
  private version = 0;
  private readonly tables = new Map<string, TableRegions>();
  private readonly readings = new Map<string, Promise<TableRegions>>();

  constructor(directory: Directory, servers: Servers, callTimeoutMs: number, emit: (event: HBaseEvent) => void) {
    this.directory = directory;
    this.servers = servers;
    this.callTimeoutMs = callTimeoutMs;
    this.emit = emit;
  }

  /** A table's regions, from memory unless their version is `stale` or older. One attempt; the caller retries. */
  async regions(table: string, stale = 0): Promise<TableRegions> {
    const known = this.tables.get(table);
    if (known !== undefined && known.version > stale) return known;
    const underWay = this.readings.get(table);
    if (underWay !== undefined) return underWay;
    const reading = this.read(table).finally(() => this.readings.delete(table));
    this.readings.set(table, reading);
    return reading;
  }

  forget(table: string): void {
    this.tables.delete(table);
  }

  /** Asks meta for a row; the row may be absent. */
  async ping(timeoutMs: number): Promise<void> {
    const get = { row: Buffer.from('hbase:meta'), column: [{ family: INFO, qualifier: [] }], existence_only: true };
    const param = messages.getRequest.encode({ region: META_REGION, get });
    await this.withServer((connection) => connection.call({ method: 'Get', param, timeoutMs }));
  }

  private async read(table: string): Promise<TableRegions> {
    const [regions, state] = await this.withServer((connection) =>
      Promise.all([this.scan(connection, table), this.stateOf(connection, table)]),
    );
    if (regions.length === 0) {
      this.tables.delete(table);
      throw new HBaseError('refuse', 'TableNotFoundException', `meta has no region of ${table}`);
    }
    // Its regions look like moving ones, because no server has them; but none will open them.
    if (state === DISABLED) {
      this.tables.delete(table);
      throw new HBaseError('refuse', 'TableNotEnabledException', `${table} is disabled`);
    }
    const read = new TableRegions(table, ++this.version, regions);
    this.tables.set(table, read);
    return read;
  }

  private async withServer<T>(question: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      if (this.server === undefined) {
        this.server = await this.directory.metaServer();
        this.emit({ kind: 'located', server: this.server });
      }
      return await question(await this.servers.connection(this.server, 'ClientService'));
    } catch (error) {
      this.server = undefined;
      throw asHBaseError(error);
    }
  }

  /** The number of a table's state; meta of HBase 2 keeps it beside the regions. Undefined where it does not. */
  private async stateOf(connection: Connection, table: string): Promise<number | undefined> {
    const get = { row: Buffer.from(table), column: [{ family: TABLE, qualifier: [STATE] }] };
    const param = messages.getRequest.encode({ region: META_REGION, get });
    const reply = await connection.call({ method: 'Get', param, timeoutMs: this.callTimeoutMs });
    const value =
      reply.cells.length > 0
        ? new CellReader(reply.cells).next().value
        : messages.getResponse.decode(reply.param).result?.cell[0]?.value;
    return value === undefined ? undefined : messages.tableState.decode(Buffer.from(value)).state;
  }

  private async scan(connection: Connection, table: string): Promise<Region[]> {
    const regions: Region[] = [];
    let scannerId: string | undefined;
    for (;;) {
      const param = messages.scanRequest.encode(
        scannerId === undefined ? openingScan(table) : { scanner_id: scannerId, number_of_rows: ROWS_PER_CALL },
      );
      const reply = await connection.call({ method: 'Scan', param, timeoutMs: this.callTimeoutMs });
      const answer = messages.scanResponse.decode(reply.param);
      const cells = new CellReader(reply.cells);
      for (const count of answer.cells_per_result) {
        const region = readRegion(table, cells, count);
        if (region !== undefined) regions.push(region);
      }
      scannerId = answer.scanner_id ?? scannerId;
      if (answer.more_results === false || answer.more_results_in_region === false) return regions;
    }
  }
}

function openingScan(table: string) {
  return {
    region: META_REGION,
    scan: {
      column: [{ family: INFO, qualifier: [] }],
      start_row: Buffer.from(`${table},,`),
      stop_row: Buffer.from(`${table} ,,`),
      caching: ROWS_PER_CALL,
    },
    number_of_rows: ROWS_PER_CALL,
  };
}

/** The region of a row of meta; undefined for a split parent, a replica or another table's region. */
function readRegion(table: string, cells: CellReader, count: number): Region | undefined {
  let info: RegionInfo | undefined;
  let name: Buffer | undefined;
  let server = '';
  for (let i = 0; i < count; i++) {
    const cell = cells.next();
    const column = cell.qualifier.toString('latin1');
    if (column === 'regioninfo' && cell.value.toString('latin1', 0, 4) === 'PBUF') {
      info = messages.regionInfo.decode(Buffer.from(cell.value.subarray(4)));
      name = Buffer.from(cell.row);
    } else if (column === 'server') server = cell.value.toString('latin1');
  }
  if (info === undefined || name === undefined || info.offline === true || info.split === true) return undefined;
  if ((info.replica_id ?? 0) !== 0 || tableText(info.table_name) !== table) return undefined;
  return makeRegion(name, info, server);
}

/** In meta's keys and in our code the default namespace has no name. */
function tableText(name: TableName): string {
  const namespace = name.namespace.toString('utf8');
  const qualifier = name.qualifier.toString('utf8');
  return namespace === 'default' ? qualifier : `${namespace}:${qualifier}`;
}

export function tableName(table: string): TableName {
  const colon = table.indexOf(':');
  const namespace = colon < 0 ? 'default' : table.slice(0, colon);
  return { namespace: Buffer.from(namespace), qualifier: Buffer.from(table.slice(colon + 1)) };
}
