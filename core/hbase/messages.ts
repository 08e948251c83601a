/**
 * The messages of HBase as typed codecs: every call but Multi encodes its question and decodes its answer here.
 *
 * protobufjs compiles hbase.proto.ts once; the interfaces below are the same messages as TypeScript types. Numbers of
 * 64 bits (scanner and procedure ids) stay decimal text, since they may exceed 2^53. An answer that does not parse is a
 * protocol error, never half a message.
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
  readonly host_name: string;
  readonly port?: number;
  readonly start_code?: string;
}

export interface TableName {
  readonly namespace: Buffer;
  readonly qualifier: Buffer;
}

export interface RegionInfo {
  readonly region_id: string;
  readonly table_name: TableName;
  readonly start_key?: Buffer;
  readonly end_key?: Buffer;
  readonly offline?: boolean;
  readonly split?: boolean;
  readonly replica_id?: number;
}

/** type 1: the full region name; 2: its encoded name. */
export interface RegionSpecifier {
  readonly type: number;
  readonly value: Buffer;
}

export interface TimeRange {
  readonly from?: number;
  readonly to?: number;
}

export interface Column {
  readonly family: Buffer;
  readonly qualifier?: readonly Buffer[];
}

export interface Filter {
  readonly name: string;
  readonly serialized_filter: Buffer;
}

export interface Scan {
  readonly column: readonly Column[];
  readonly start_row?: Buffer;
  readonly stop_row?: Buffer;
  readonly filter?: Filter;
  readonly time_range?: TimeRange;
  readonly max_result_size?: number;
  readonly store_limit?: number;
  readonly caching?: number;
  readonly include_start_row?: boolean;
  readonly include_stop_row?: boolean;
}

export interface ScanRequest {
  readonly region?: RegionSpecifier;
  readonly scan?: Scan;
  readonly scanner_id?: string;
  readonly number_of_rows?: number;
  readonly close_scanner?: boolean;
  readonly client_handles_partials?: boolean;
  readonly client_handles_heartbeats?: boolean;
  readonly limit_of_rows?: number;
}

export interface ScanResponse {
  readonly cells_per_result: readonly number[];
  readonly scanner_id?: string;
  readonly more_results?: boolean;
  readonly partial_flag_per_result: readonly boolean[];
  readonly more_results_in_region?: boolean;
  readonly heartbeat_message?: boolean;
}

export interface Condition {
  readonly row: Buffer;
  readonly family: Buffer;
  readonly qualifier: Buffer;
  readonly compare_type: number;
  readonly comparator: { name: string; serialized_comparator: Buffer };
}

export interface BytesPair {
  readonly first: Buffer;
  readonly second: Buffer;
}

export interface StringPair {
  readonly name: string;
  readonly value: string;
}

export interface ColumnFamilySchema {
  readonly name: Buffer;
  readonly attributes: readonly BytesPair[];
  readonly configuration: readonly StringPair[];
}

export interface TableDescriptor {
  readonly table_name?: TableName;
  readonly attributes: readonly BytesPair[];
  readonly column_families: readonly ColumnFamilySchema[];
  readonly configuration: readonly StringPair[];
}

/** `type` says that it is one of a namespace. */
export interface NamespacePermission {
  readonly type: number;
  readonly namespace_permission: { readonly namespace_name: Buffer; readonly action: readonly number[] };
}

export interface ProcedureStarted {
  readonly proc_id?: string;
}

export interface ProcedureResult {
  readonly state: number;
  readonly exception?: { readonly generic_exception?: { readonly class_name?: string; readonly message?: string } };
}

export const messages = {
  connectionHeader: codec<{
    user_info?: { effective_user: string };
    service_name: string;
    cell_block_codec_class?: string;
  }>('ConnectionHeader'),
  requestHeader: codec<{
    call_id: number;
    method_name: string;
    request_param: boolean;
    cell_block_meta?: { length: number };
    timeout: number;
  }>('RequestHeader'),
  responseHeader: codec<{
    call_id?: number;
    exception?: { exception_class_name?: string; stack_trace?: string; do_not_retry?: boolean };
    cell_block_meta?: { length?: number };
  }>('ResponseHeader'),
  nameBytesPair: codec<{ name?: string; value?: Buffer }>('NameBytesPair'),
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
  nothing: codec<object>('Nothing'),
  metaRegionLocations: codec<{ meta_locations: { server_name?: ServerName }[] }>('GetMetaRegionLocationsResponse'),
  activeMaster: codec<{ server_name?: ServerName }>('GetActiveMasterResponse'),
  getNamespaceRequest: codec<{ namespaceName: string }>('GetNamespaceDescriptorRequest'),
  getNamespaceResponse: codec<object>('GetNamespaceDescriptorResponse'),
  deleteNamespaceRequest: codec<{ namespaceName: string }>('DeleteNamespaceRequest'),
  getTableDescriptorsRequest: codec<{ table_names: TableName[] }>('GetTableDescriptorsRequest'),
  getTableDescriptorsResponse: codec<{ table_schema: TableDescriptor[] }>('GetTableDescriptorsResponse'),
  createTableRequest: codec<{ table_schema: TableDescriptor; split_keys: readonly Buffer[] }>('CreateTableRequest'),
  modifyTableRequest: codec<{ table_name: TableName; table_schema: TableDescriptor }>('ModifyTableRequest'),
  disableTableRequest: codec<{ table_name: TableName }>('DisableTableRequest'),
  enableTableRequest: codec<{ table_name: TableName }>('EnableTableRequest'),
  deleteTableRequest: codec<{ table_name: TableName }>('DeleteTableRequest'),
  moveRegionRequest: codec<{ region: RegionSpecifier; dest_server_name?: ServerName }>('MoveRegionRequest'),
  moveRegionResponse: codec<object>('MoveRegionResponse'),
  splitTableRegionRequest: codec<{ region_info: RegionInfo; split_row: Buffer }>('SplitTableRegionRequest'),
  grantRequest: codec<{ user_permission: { user: Buffer; permission: NamespacePermission } }>('GrantRequest'),
  hasUserPermissionsRequest: codec<{ permission: readonly NamespacePermission[] }>('HasUserPermissionsRequest'),
  hasUserPermissionsResponse: codec<{ has_user_permission: readonly boolean[] }>('HasUserPermissionsResponse'),
  tableState: codec<{ state: number }>('TableState'),
  procedureStarted: codec<ProcedureStarted>('ProcedureStarted'),
  getProcedureResultRequest: codec<{ proc_id: string }>('GetProcedureResultRequest'),
  procedureResult: codec<ProcedureResult>('GetProcedureResultResponse'),
};
