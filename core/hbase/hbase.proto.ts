/**
 * The messages of HBase 2.6 that this client speaks, and of each only the fields that it uses. Names and field numbers
 * are HBase's (package hbase.pb): they are the protocol. messages.ts compiles this text when the process starts; it is
 * a TypeScript string and no file, so that a bundler can carry it. Multi is not here: it is the hot path, and multi.ts
 * writes and reads it by hand.
 */
export const HBASE_PROTO = /* proto */ `
syntax = "proto2";

// Connecting
message UserInformation { required string effective_user = 1; }
message ConnectionHeader {
  optional UserInformation user_info = 1;
  optional string service_name = 2;
  optional string cell_block_codec_class = 3;
}

message CellBlockMeta { optional uint32 length = 1; }
message RequestHeader {
  optional uint32 call_id = 1;
  optional string method_name = 3;
  optional bool request_param = 4;
  optional CellBlockMeta cell_block_meta = 5;
  optional uint32 timeout = 7;
}
message ExceptionResponse {
  optional string exception_class_name = 1;
  optional string stack_trace = 2;
  optional bool do_not_retry = 5;
}
message ResponseHeader {
  optional uint32 call_id = 1;
  optional ExceptionResponse exception = 2;
  optional CellBlockMeta cell_block_meta = 3;
}
message NameBytesPair { optional string name = 1; optional bytes value = 2; }

// Where things are
message ServerName { required string host_name = 1; optional uint32 port = 2; optional uint64 start_code = 3; }
message MetaRegionServer { required ServerName server = 1; }
message Master { required ServerName master = 1; }
message TableName { required bytes namespace = 1; required bytes qualifier = 2; }
message RegionInfo {
  required uint64 region_id = 1;
  required TableName table_name = 2;
  optional bytes start_key = 3;
  optional bytes end_key = 4;
  optional bool offline = 5;
  optional bool split = 6;
  optional int32 replica_id = 7;
}
// Not an enum here: states that a later HBase may add must parse.
message TableState { required uint32 state = 1; }
message RegionSpecifier { required uint32 type = 1; required bytes value = 2; }

// Reading
message TimeRange { optional uint64 from = 1; optional uint64 to = 2; }
message Column { required bytes family = 1; repeated bytes qualifier = 2; }
message Filter { required string name = 1; optional bytes serialized_filter = 2; }
message FilterList { required uint32 operator = 1; repeated Filter filters = 2; }
message FirstKeyOnlyFilter {}
message KeyOnlyFilter { required bool len_as_val = 1; }
message RowRange {
  optional bytes start_row = 1;
  optional bool start_row_inclusive = 2;
  optional bytes stop_row = 3;
  optional bool stop_row_inclusive = 4;
}
message MultiRowRangeFilter { repeated RowRange row_range_list = 1; }
message ColumnRangeFilter {
  optional bytes min_column = 1;
  optional bool min_column_inclusive = 2;
  optional bytes max_column = 3;
  optional bool max_column_inclusive = 4;
}
message Get { required bytes row = 1; repeated Column column = 2; optional bool existence_only = 10; }
// A single get answers with its cells in the message, or in the block, as the server likes.
message CellInMessage { optional bytes value = 6; }
message ResultOfGet { repeated CellInMessage cell = 1; }
message GetResponse { optional ResultOfGet result = 1; }
message GetRequest { required RegionSpecifier region = 1; required Get get = 2; }
message Scan {
  repeated Column column = 1;
  optional bytes start_row = 3;
  optional bytes stop_row = 4;
  optional Filter filter = 5;
  optional TimeRange time_range = 6;
  optional uint64 max_result_size = 10;
  optional uint32 store_limit = 11;
  optional uint32 caching = 17;
  optional bool include_start_row = 21;
  optional bool include_stop_row = 22;
}
message ScanRequest {
  optional RegionSpecifier region = 1;
  optional Scan scan = 2;
  optional uint64 scanner_id = 3;
  optional uint32 number_of_rows = 4;
  optional bool close_scanner = 5;
  optional bool client_handles_partials = 7;
  optional bool client_handles_heartbeats = 8;
  optional uint32 limit_of_rows = 11;
}
message ScanResponse {
  repeated uint32 cells_per_result = 1;
  optional uint64 scanner_id = 2;
  optional bool more_results = 3;
  repeated bool partial_flag_per_result = 7;
  optional bool more_results_in_region = 8;
  optional bool heartbeat_message = 9;
}

// One conditional write
message ByteArrayComparable { optional bytes value = 1; }
message BinaryComparator { required ByteArrayComparable comparable = 1; }
message Comparator { required string name = 1; optional bytes serialized_comparator = 2; }
message Condition {
  required bytes row = 1;
  optional bytes family = 2;
  optional bytes qualifier = 3;
  optional uint32 compare_type = 4;
  optional Comparator comparator = 5;
}
message MutationProto {
  optional bytes row = 1;
  optional uint32 mutate_type = 2;
  optional int32 associated_cell_count = 8;
}
message MutateRequest {
  required RegionSpecifier region = 1;
  required MutationProto mutation = 2;
  optional Condition condition = 3;
}
message MutateResponse { optional bool processed = 2; }

// The master
message BytesBytesPair { required bytes first = 1; required bytes second = 2; }
message NameStringPair { required string name = 1; required string value = 2; }
message ColumnFamilySchema {
  required bytes name = 1;
  repeated BytesBytesPair attributes = 2;
  repeated NameStringPair configuration = 3;
}
message TableSchema {
  optional TableName table_name = 1;
  repeated BytesBytesPair attributes = 2;
  repeated ColumnFamilySchema column_families = 3;
  repeated NameStringPair configuration = 4;
}
message Nothing {}
message RegionLocation { required RegionInfo region_info = 1; optional ServerName server_name = 2; }
message GetMetaRegionLocationsResponse { repeated RegionLocation meta_locations = 1; }
message GetActiveMasterResponse { optional ServerName server_name = 1; }
message NamespaceDescriptor { required bytes name = 1; }
message CreateNamespaceRequest { required NamespaceDescriptor namespaceDescriptor = 1; }
message GetNamespaceDescriptorRequest { required string namespaceName = 1; }
message GetNamespaceDescriptorResponse { required NamespaceDescriptor namespaceDescriptor = 1; }
message DeleteNamespaceRequest { required string namespaceName = 1; }
message GetTableDescriptorsRequest { repeated TableName table_names = 1; }
message GetTableDescriptorsResponse { repeated TableSchema table_schema = 1; }
message CreateTableRequest { required TableSchema table_schema = 1; repeated bytes split_keys = 2; }
message ModifyTableRequest { required TableName table_name = 1; required TableSchema table_schema = 2; }
message DisableTableRequest { required TableName table_name = 1; }
message EnableTableRequest { required TableName table_name = 1; }
message DeleteTableRequest { required TableName table_name = 1; }
message MoveRegionRequest { required RegionSpecifier region = 1; optional ServerName dest_server_name = 2; }
message MoveRegionResponse {}
message SplitTableRegionRequest { required RegionInfo region_info = 1; optional bytes split_row = 2; }

// Who may what; actions are READ 0, WRITE 1, EXEC 2, CREATE 3, ADMIN 4
message NamespacePermission { optional bytes namespace_name = 1; repeated uint32 action = 2; }
message Permission { required uint32 type = 1; optional NamespacePermission namespace_permission = 3; }
message UserPermission { required bytes user = 1; required Permission permission = 3; }
message GrantRequest { required UserPermission user_permission = 1; }
message HasUserPermissionsRequest { optional bytes user_name = 1; repeated Permission permission = 2; }
message HasUserPermissionsResponse { repeated bool has_user_permission = 1; }
message ProcedureStarted { optional uint64 proc_id = 1; }
message GetProcedureResultRequest { required uint64 proc_id = 1; }
message GenericExceptionMessage { optional string class_name = 1; optional string message = 2; }
message ForeignExceptionMessage { optional string source = 1; optional GenericExceptionMessage generic_exception = 2; }
message GetProcedureResultResponse { required uint32 state = 1; optional ForeignExceptionMessage exception = 5; }
`;
