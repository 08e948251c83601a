/**
 * What becomes of a fault of HDFS: the one table of its exceptions, by their simple names in WebHDFS's answers.
 *
 * hdfs.ts passes every fault through this file: it becomes a Retryable, a Refusal with its remedy, or a bug, which ends
 * the run. An IOException says what is wrong in its message alone, so the table lists words too. An exception that is
 * not listed is a bug: a run must not repeat for ever a write that HDFS refuses for an unknown reason.
 */
import type { ExitCode } from '../../process/errors.ts';
import { EXIT, messageOf, Refusal, Retryable } from '../../process/errors.ts';

/**
 * What WebHDFS answered instead of what was asked for; `exception` is empty where it gave no reason (a proxy, another
 * service).
 */
class RemoteError extends Error {
  override readonly name = 'RemoteError';
  readonly exception: string;
  readonly status: number;
  constructor(exception: string, status: number, message: string) {
    super(message);
    this.exception = exception;
    this.status = status;
  }
}

/** HDFS cannot tell yet how long a file is: it keeps it for a writer that died, or whose DataNode did. */
export class HeldByWriter extends Retryable {}
const HELD_BY_WRITER = /Cannot obtain block length/i;

const RETRYABLE = new Set(
  `SafeModeException StandbyException RetriableException ObserverRetryOnActiveException NotReplicatedYetException
  AlreadyBeingCreatedException LeaseExpiredException RecoveryInProgressException ReplicaNotFoundException
  BlockMissingException ConnectException ConnectTimeoutException SocketTimeoutException SocketException
  NoRouteToHostException UnknownHostException EOFException ClosedChannelException DiskOutOfSpaceException
  DiskErrorException`.split(/\s+/),
);

/**
 * Words of exceptions whose name says little. A DataNode whose connection to the NameNode breaks hands on an
 * IOException that holds Java's exception (NetUtils.wrapException).
 */
const RETRYABLE_WORDS =
  /(?:Socket|SocketTimeout|NoRouteToHost|UnknownHost|EOF|ClosedChannel)Exception|Connection reset|Broken pipe|failed on (?:connection|socket)|safe mode|standby|still not started|startup mode|too busy|could only be (?:replicated|written) to|Failed to find datanode|no datanode|No space left|out of space|lease|being created|Connection refused/i;

/** Codes of connections that fail before an answer. */
const RETRYABLE_CODES = new Set(
  `ECONNREFUSED ECONNRESET ECONNABORTED ETIMEDOUT ESOCKETTIMEDOUT EPIPE
  EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN`.split(/\s+/),
);
const SOCKET_WORDS = /socket hang up|Unexpected redirect/i;
const CERTIFICATE_CODES = /^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(VERIFY|GET))/;
const TLS_CODES = /^(ERR_SSL|EPROTO|HPE_)/;

/** A NameNode that is not the active one. */
const AWAY = new Set('StandbyException RetriableException SafeModeException ObserverRetryOnActiveException'.split(' '));
/** Codes of connections that were never there. */
const UNSENT_CODES = new Set('ECONNREFUSED EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN'.split(' '));

interface Refused {
  readonly names: readonly string[];
  readonly exitCode: ExitCode;
  readonly remedy: string;
}

const RIGHTS =
  'The user (HADOOP_USER, or the first part of HADOOP_PRINCIPAL) must be allowed to write below SIGHTLINE_ROOT: ' +
  'let its owner give it the folder (hdfs dfs -chown)';
const ADDRESS =
  'Check WEBHDFS_URL (or WEBHDFS_URLS): it must be the HTTP address of the NameNode (port 9870 by default) or of a ' +
  'gateway, and dfs.webhdfs.enabled must be true';
const SIGN_IN =
  'Set HDFS_AUTH=kerberos with HADOOP_PRINCIPAL and HADOOP_KEYTAB where HDFS uses Kerberos, and simple where it ' +
  "believes a user's name; of token, bearer and basic check what HDFS_TOKEN or HDFS_PASSWORD holds";
const STANDBY = 'This NameNode does not serve now: name every NameNode of the cluster in WEBHDFS_URLS';
export const CERTIFICATES =
  "HADOOP_CA must hold the authority of the server's certificate, and this the name in WEBHDFS_URL";

const REFUSED: readonly Refused[] = [
  { names: ['AccessControlException', 'AuthorizationException'], exitCode: EXIT.usage, remedy: RIGHTS },
  { names: ['SecurityException', 'AuthenticationException', 'InvalidToken'], exitCode: EXIT.usage, remedy: SIGN_IN },
  {
    names: [
      'QuotaExceededException',
      'NSQuotaExceededException',
      'DSQuotaExceededException',
      'QuotaByStorageTypeExceededException',
    ],
    exitCode: EXIT.dependency_down,
    remedy:
      'Raise the quota of the folder (hdfs dfsadmin -setSpaceQuota, -setQuota) or remove data that nobody needs, ' +
      'then run again; nothing was published in part',
  },
  {
    names: ['MaxDirectoryItemsExceededException', 'PathComponentTooLongException'],
    exitCode: EXIT.usage,
    remedy:
      'Raise dfs.namenode.fs-limits.max-directory-items and dfs.namenode.fs-limits.max-component-length ' +
      'at least to the defaults of HDFS',
  },
  {
    names: ['ParentNotDirectoryException', 'FileAlreadyExistsException', 'PathIsNotDirectoryException'],
    exitCode: EXIT.usage,
    remedy: 'A file is where a folder is expected: move it away, or choose another SIGHTLINE_ROOT',
  },
];

export function hdfsFault(url: string, thrown: unknown): Error {
  if (thrown instanceof Retryable || thrown instanceof Refusal) return thrown;
  const message = messageOf(thrown).split('\n\tat ')[0]!.trim();
  const where = `HDFS at ${url}: ${message}`;
  if (HELD_BY_WRITER.test(message)) return new HeldByWriter('HDFS', where, thrown);
  const refused = refusalOf(thrown, message);
  if (refused) return new Refusal(refused.exitCode, `${where}. ${refused.remedy}.`, thrown);
  if (thrown instanceof RemoteError && thrown.exception === 'StandbyException')
    return new Retryable('HDFS', `${where}. ${STANDBY}.`, thrown);
  return mayPass(thrown, message) ? new Retryable('HDFS', where, thrown) : new Error(where, { cause: thrown });
}

function refusalOf(thrown: unknown, message: string): Pick<Refused, 'exitCode' | 'remedy'> | undefined {
  if (CERTIFICATE_CODES.test(codeOf(thrown))) return { exitCode: EXIT.usage, remedy: CERTIFICATES };
  if (TLS_CODES.test(codeOf(thrown))) return { exitCode: EXIT.usage, remedy: ADDRESS };
  if (!(thrown instanceof RemoteError)) return undefined;
  const listed = REFUSED.find(({ names }) => names.includes(thrown.exception));
  if (listed) return listed;
  if (/permission denied/i.test(message)) return { exitCode: EXIT.usage, remedy: RIGHTS };
  if (thrown.exception !== '') return undefined;
  if (thrown.status === 401 || thrown.status === 403) return { exitCode: EXIT.usage, remedy: SIGN_IN };
  return thrown.status < 500 && thrown.status !== 429 ? { exitCode: EXIT.usage, remedy: ADDRESS } : undefined;
}

function mayPass(thrown: unknown, message: string): boolean {
  if (!(thrown instanceof RemoteError)) return RETRYABLE_CODES.has(codeOf(thrown)) || SOCKET_WORDS.test(message);
  return RETRYABLE.has(thrown.exception) || RETRYABLE_WORDS.test(message) || thrown.exception === '';
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}

/** What an answer with a status of 400 or more says. */
export function remoteError(body: unknown, status: number): RemoteError {
  const remote = remoteOf(typeof body === 'string' ? parseJson(body) : body);
  if (remote) return new RemoteError(remote.exception, status, remote.message);
  return new RemoteError('', status, `it answers ${status} without a reason of HDFS`);
}

function remoteOf(body: unknown): { exception: string; message: string } | null {
  if (typeof body !== 'object' || body === null || !('RemoteException' in body)) return null;
  const { exception = '', message = '' } = body.RemoteException as { exception?: string; message?: string };
  return { exception: exception.slice(exception.lastIndexOf('$') + 1), message: message || exception };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Whether HDFS refused a rename because something is at its target. */
export function isTaken(thrown: unknown): boolean {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  if (!(cause instanceof RemoteError)) return false;
  // HDFS names a file and a folder that meet by a plain IOException.
  return cause.exception === 'FileAlreadyExistsException' || /must both be directories/.test(cause.message);
}

/** Whether HDFS did not let a request in, because it does not know who asks. */
export function isSignInFault(thrown: unknown): boolean {
  if (thrown instanceof RemoteError)
    return (
      thrown.status === 401 ||
      (thrown.status === 403 && /^(|SecurityException|AuthenticationException|InvalidToken)$/.test(thrown.exception))
    );
  return thrown instanceof Error && thrown.cause !== undefined && isSignInFault(thrown.cause);
}

/** Whether another NameNode may do what this one could not: it is on standby, or it does not answer. */
export function isAway(thrown: unknown): boolean {
  if (thrown instanceof RemoteError)
    return AWAY.has(thrown.exception) || (thrown.exception === '' && thrown.status >= 502);
  if (!(thrown instanceof Error)) return false;
  if (!(thrown instanceof Retryable) && (RETRYABLE_CODES.has(codeOf(thrown)) || SOCKET_WORDS.test(thrown.message)))
    return true;
  return thrown.cause !== undefined && isAway(thrown.cause);
}

/** Whether a fault says that nothing was carried out. */
export function wasNotDone(thrown: unknown): boolean {
  if (thrown instanceof RemoteError) return AWAY.has(thrown.exception);
  if (!(thrown instanceof Error)) return false;
  return UNSENT_CODES.has(codeOf(thrown)) || (thrown.cause !== undefined && wasNotDone(thrown.cause));
}

/** Whether HDFS said that there is nothing at the path. */
export function isMissing(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || thrown instanceof Retryable || thrown instanceof Refusal) return false;
  return (
    (thrown.cause instanceof RemoteError && thrown.cause.exception === 'FileNotFoundException') ||
    /does not exist/i.test(thrown.message)
  );
}
