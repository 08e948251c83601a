/**
 * What becomes of a call that HBase refuses: the one table of its exceptions, by the simple names of Java's classes.
 *
 * errors.ts makes errors from it, the client resends by their fate, and the stores turn the rest into a fault for their
 * callers. The table lists every exception that a server may throw at a client of HBase 2.6. For an exception that is
 * not listed the client waits and resends, unless the server forbids a retry: giving up early loses a batch, and
 * waiting costs seconds.
 *
 *   relocate   the server wrote nothing, because the row is somewhere else: ask meta again, then resend
 *   wait       the server is there but not ready, or too busy: back off, then resend
 *   anew       resending cannot help: the caller reads the row and begins again
 *   refuse     a person must do something first; the remedy says what
 *   bug        the question was wrong, or its caller handles this exception itself
 */
import type { ExitCode } from '../process/errors.ts';
import { EXIT } from '../process/errors.ts';

export type ErrorFate = 'relocate' | 'wait' | 'anew' | 'refuse' | 'bug';

export interface Remedy {
  readonly exitCode: ExitCode;
  readonly remedy: string;
}

const NAMES: Readonly<Record<Exclude<ErrorFate, 'refuse'>, string>> = {
  relocate: `
    NotServingRegionException RegionMovedException WrongRegionException RegionOfflineException
    RegionServerStoppedException RegionServerAbortedException ServerNotRunningYetException
    MasterNotRunningException MasterStoppedException StoppedRpcClientException`,
  wait: `
    RegionOpeningException RegionInRecoveryException RegionTooBusyException NotAllMetaRegionsOnlineException
    TablePartiallyOpenException TableInitializingException VisibilityControllerNotReadyException
    ServiceNotRunningException CallQueueTooBigException CallDroppedException ServerTooBusyException
    RpcThrottlingException ThrottlingException RetryImmediatelyException MultiActionResultTooLarge
    CallTimeoutException TimeoutIOException OperationTimeoutExceededException WALSyncTimeoutIOException
    DroppedSnapshotException FailedSyncBeforeLogCloseException DamagedWALException PleaseHoldException
    PleaseRestartMasterException MasterRegistryFetchException ConcurrentTableModificationException
    LockTimeoutException UnknownScannerException ScannerResetException OutOfOrderScannerNextException
    LeaseException LeaseStillHeldException`,
  anew: `ProcedureAbortedException DoNotRetryRegionException MergeRegionException`,
  bug: `
    DoNotRetryIOException FailedSanityCheckException IllegalArgumentException IllegalArgumentIOException
    CallerDisconnectedException InvalidRowFilterException IncompatibleFilterException WrongRowIOException
    CellScannerButNoCodecException NamespaceExistException TableExistsException TableNotDisabledException
    ConstraintException InvalidFamilyOperationException UnknownRegionException NoSuchProcedureException`,
};

const GRANT =
  'Grant the user (HADOOP_USER, or the first part of HADOOP_PRINCIPAL) what its layer needs: ' +
  '"sightline prepare --print-grants" prints it';
const CREATE = '"sightline prepare" creates topics, tables and folders; HBASE_NAMESPACE and HBASE_ZNODE name others';
const ROOM = 'Raise its quota in HBase or remove data that nobody needs, then start again';
const PROTOCOL =
  'Sightline speaks to HBase 2. Check its version, and hbase.security.authentication: where it is kerberos, set ' +
  'HBASE_AUTH=kerberos with HADOOP_PRINCIPAL and HADOOP_KEYTAB, or HBASE_AUTH=token';
const TICKET =
  'The log of that server says why. Usual reasons are clocks that differ, an older key in its keytab, and a ' +
  'principal of another name (HBASE_SERVICE, ZOOKEEPER_SERVICE)';
const TOKEN =
  'Whoever makes tokens of HBase writes a new one into HBASE_TOKEN_FILE; HBASE_AUTH=kerberos with ' +
  'HADOOP_PRINCIPAL and HADOOP_KEYTAB needs none';
const CERTIFICATES =
  "HADOOP_CA must hold the authority of the servers' certificates, and these the names by which HBase calls them";

const REFUSED: readonly (Remedy & { readonly names: string })[] = [
  { exitCode: EXIT.usage, remedy: GRANT, names: 'AccessDeniedException AccessControlException AuthorizationException' },
  { exitCode: EXIT.usage, remedy: CERTIFICATES, names: 'TLS' },
  { exitCode: EXIT.usage, remedy: TICKET, names: 'SaslException' },
  { exitCode: EXIT.usage, remedy: TOKEN, names: 'InvalidToken' },
  {
    exitCode: EXIT.usage,
    remedy: PROTOCOL,
    names: 'BadAuthException FallbackDisallowedException FatalConnectionException',
  },
  {
    exitCode: EXIT.usage,
    remedy: PROTOCOL,
    names: `UnsupportedCellCodecException UnsupportedCompressionCodecException UnsupportedCryptoException
      WrongVersionException EmptyServiceNameException UnknownServiceException UnknownProtocolException`,
  },
  {
    exitCode: EXIT.usage,
    remedy: CREATE,
    names: 'TableNotFoundException NamespaceNotFoundException TableInfoMissingException',
  },
  {
    exitCode: EXIT.usage,
    remedy:
      'Another version of Sightline made its tables: run "sightline prepare" of this version with another ' +
      'HBASE_NAMESPACE',
    names: 'NoSuchColumnFamilyException',
  },
  {
    exitCode: EXIT.dependency_down,
    remedy: "Enable it again (hbase shell: enable '<table>'), then start again",
    names: 'TableNotEnabledException',
  },
  { exitCode: EXIT.dependency_down, remedy: ROOM, names: 'SpaceLimitingException QuotaExceededException' },
  {
    exitCode: EXIT.data_check_failed,
    remedy: "Raise hbase.ipc.max.request.size and hbase.server.keyvalue.maxsize to HBase's defaults at least",
    names: 'RequestTooBigException RowTooBigException',
  },
  {
    exitCode: EXIT.data_check_failed,
    remedy:
      'A file of HBase is damaged: "hbase hbck" names it. Restore it from a copy, or begin with empty tables and ' +
      '"sightline batch rebuild"',
    names: 'CorruptHFileException InvalidHFileException',
  },
];

const words = (names: string): string[] => names.trim().split(/\s+/);

const FATES: ReadonlyMap<string, ErrorFate> = new Map([
  ...Object.entries(NAMES).flatMap(([fate, names]) => words(names).map((name) => [name, fate as ErrorFate] as const)),
  ...REFUSED.flatMap(({ names }) => words(names).map((name) => [name, 'refuse'] as const)),
]);
const REMEDIES: ReadonlyMap<string, Remedy> = new Map(
  REFUSED.flatMap((each) => words(each.names).map((name) => [name, each] as const)),
);

/** Of a listed exception; undefined for all others. */
export function fateOf(exception: string): ErrorFate | undefined {
  return FATES.get(exception);
}

/** Of an exception whose fate is to be refused. */
export function remedyOf(exception: string): Remedy {
  return REMEDIES.get(exception) ?? { exitCode: EXIT.usage, remedy: 'Its message says what is missing' };
}
