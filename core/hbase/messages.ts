/**
 * The messages of HBase as typed codecs: every call but Multi encodes its question and decodes its answer here.
 *
 * protobufjs compiles hbase.proto.ts once; the interfaces below are the same messages for the compiler's eyes. Numbers
 * of 64 bits (scanner and procedure ids) stay decimal text, since they may pass 2^53. An answer that does not parse is
 * a protocol error, never half a message.
 */
import protobuf from 'protobufjs';
import { protocolError } from './errors.ts';
import { HBASE_PROTO } from './hbase.proto.ts';

export interface MessageCodec<T> {
  encode(message: T): Buffer;
  decode(bytes: Buffer): T;
}

const root = protobuf.parse(HBASE_PROTO, { keepCase: true }).root;

function codec<T extends object>(name: string): MessageCodec<T> {
  const type = root.lookupType(name);
  return {
    encode(message) {
      return Buffer.from(type.encode(type.fromObject(message)).finish());
    },
    decode(bytes) {
      try {
        return type.toObject(type.decode(bytes), { longs: String, arrays: true }) as T;
      } catch (error) {
        throw protocolError(
          `${name} of ${bytes.length} bytes does not parse (${error instanceof Error ? error.message : String(error)})`,
        );
      }
    },
  };
}

export interface ServerName {
  host_name: string;
  port?: number;
  start_code?: string;
}
export interface TableName {
  namespace: Buffer;
  qualifier: Buffer;
}
export interface RegionInfo {
  region_id: string;
  table_name: TableName;
  start_key?: Buffer;
  end_key?: Buffer;
  offline?: boolean;
  split?: boolean;
  replica_id?: number;
}
/** type 1: the full region name; 2: its encoded name. */
export interface RegionSpecifier {
  type: number;
  value: Buffer;
}
export interface TimeRange {
  from?: number;
  to?: number;
}
export interface Column {
  family: Buffer;
  qualifier?: Buffer[];
}
export interface Filter {
  name: string;
  serialized_filter: Buffer;
}
export interface Scan {
  column: Column[];
  start_row?: Buffer;
  stop_row?: Buffer;
  filter?: Filter;
  time_range?: TimeRange;
  max_result_size?: number;
  store_limit?: number;
  reversed?: boolean;
  caching?: number;
  include_start_row?: boolean;
  include_stop_row?: boolean;
}
export interface ScanRequest {
  region?: RegionSpecifier;
  scan?: Scan;
  scanner_id?: string;
  number_of_rows?: number;
  close_scanner?: boolean;
  client_handles_partials?: boolean;
  client_handles_heartbeats?: boolean;
  limit_of_rows?: number;
}
export interface ScanResponse {
  cells_per_result: number[];
  scanner_id?: string;
  more_results?: boolean;
  partial_flag_per_result: boolean[];
  more_results_in_region?: boolean;
  heartbeat_message?: boolean;
}
export interface Condition {
  row: Buffer;
  family: Buffer;
  qualifier: Buffer;
  compare_type: number;
  comparator: { name: string; serialized_comparator: Buffer };
}
export interface BytesPair {
  first: Buffer;
  second: Buffer;
}
export interface StringPair {
  name: string;
  value: string;
}
export interface ColumnFamilySchema {
  name: Buffer;
  attributes: BytesPair[];
  configuration: StringPair[];
}
export interface TableDescriptor {
  table_name?: TableName;
  attributes: BytesPair[];
  column_families: ColumnFamilySchema[];
  configuration: StringPair[];
}
export interface ProcedureStarted {
  proc_id?: string;
}
export interface ProcedureResult {
  state: number;
  exception?: { source?: string; generic_exception?: { class_name?: string; message?: string } };
}

export const messages = {
  connectionHeader: codec<{
    user_info: { effective_user: string };
    service_name: string;
    cell_block_codec_class?: string;
  }>('ConnectionHeader'),
  metaRegionServer: codec<{ server: ServerName }>('MetaRegionServer'),
  master: codec<{ master: ServerName }>('Master'),
  regionInfo: codec<RegionInfo>('RegionInfo'),
  regionSpecifier: codec<RegionSpecifier>('RegionSpecifier'),
  filterList: codec<{ operator: number; filters: Filter[] }>('FilterList'),
  firstKeyOnlyFilter: codec<object>('FirstKeyOnlyFilter'),
  keyOnlyFilter: codec<{ len_as_val: boolean }>('KeyOnlyFilter'),
  columnRangeFilter: codec<{
    min_column?: Buffer;
    min_column_inclusive: boolean;
    max_column?: Buffer;
    max_column_inclusive: boolean;
  }>('ColumnRangeFilter'),
  multiRowRangeFilter: codec<{
    row_range_list: {
      start_row: Buffer;
      start_row_inclusive: boolean;
      stop_row: Buffer;
      stop_row_inclusive: boolean;
    }[];
  }>('MultiRowRangeFilter'),
  getRequest: codec<{ region: RegionSpecifier; get: { row: Buffer; column?: Column[]; existence_only?: boolean } }>(
    'GetRequest',
  ),
  getResponse: codec<{ result?: { cell: { value?: Buffer }[] } }>('GetResponse'),
  scanRequest: codec<ScanRequest>('ScanRequest'),
  scanResponse: codec<ScanResponse>('ScanResponse'),
  binaryComparator: codec<{ comparable: { value: Buffer } }>('BinaryComparator'),
  mutateRequest: codec<{
    region: RegionSpecifier;
    mutation: { row: Buffer; mutate_type: number; associated_cell_count: number };
    condition: Condition;
  }>('MutateRequest'),
  mutateResponse: codec<{ processed?: boolean }>('MutateResponse'),
  createNamespaceRequest: codec<{ namespaceDescriptor: { name: Buffer } }>('CreateNamespaceRequest'),
  deleteNamespaceRequest: codec<{ namespaceName: string }>('DeleteNamespaceRequest'),
  getTableDescriptorsRequest: codec<{ table_names: TableName[] }>('GetTableDescriptorsRequest'),
  getTableDescriptorsResponse: codec<{ table_schema: TableDescriptor[] }>('GetTableDescriptorsResponse'),
  createTableRequest: codec<{ table_schema: TableDescriptor; split_keys: Buffer[] }>('CreateTableRequest'),
  modifyTableRequest: codec<{ table_name: TableName; table_schema: TableDescriptor }>('ModifyTableRequest'),
  disableTableRequest: codec<{ table_name: TableName }>('DisableTableRequest'),
  enableTableRequest: codec<{ table_name: TableName }>('EnableTableRequest'),
  deleteTableRequest: codec<{ table_name: TableName }>('DeleteTableRequest'),
  moveRegionRequest: codec<{ region: RegionSpecifier; dest_server_name?: ServerName }>('MoveRegionRequest'),
  moveRegionResponse: codec<object>('MoveRegionResponse'),
  splitTableRegionRequest: codec<{ region_info: RegionInfo; split_row: Buffer }>('SplitTableRegionRequest'),
  tableState: codec<{ state: number }>('TableState'),
  procedureStarted: codec<ProcedureStarted>('ProcedureStarted'),
  getProcedureResultRequest: codec<{ proc_id: string }>('GetProcedureResultRequest'),
  procedureResult: codec<ProcedureResult>('GetProcedureResultResponse'),
};
