/**
 * What an error of Cassandra's driver means for the caller of a store: try again, a person, or a bug.
 *
 * client.ts passes every error through `cassandraFault`. Writes carry our own timestamps, so one whose answer was lost
 * is tried again like any other; only the comparisons of json-facts.ts look what was recorded.
 */
import { LATER_COLUMNS } from '../../layout/cassandra.ts';
import { EXIT, messageOf, Refusal, Retryable } from '../../process/errors.ts';

/** Codes of the protocol's answer ERROR after which the same question may succeed. */
const PASSING: Readonly<Record<number, string>> = {
  0x0000: 'an error of the server',
  0x1000: 'too few replicas are up',
  0x1001: 'a node is overloaded',
  0x1002: 'a node is starting',
  0x1003: 'a truncation failed',
  0x1100: 'too few replicas wrote in time',
  0x1200: 'too few replicas read in time',
  0x1300: 'a replica failed to read',
  0x1500: 'a replica failed to write',
  0x1700: 'whether a comparison held is unknown',
};
const UNAVAILABLE = 0x1000;
const BAD_CREDENTIALS = 0x0100;
const UNAUTHORIZED = 0x2100;
const INVALID = 0x2200;

/** The driver's errors by name: the app bundles pages and routes apart, each with its own copy of the classes. */
const PASSING_ERRORS = ['NoHostAvailableError', 'OperationTimedOutError', 'BusyConnectionError'];

export function cassandraFault(what: string, thrown: unknown): Error {
  if (thrown instanceof Retryable || thrown instanceof Refusal) return thrown;
  const code = codeOf(thrown);
  const refused = code === BAD_CREDENTIALS || code === UNAUTHORIZED || isRefusedSignIn(thrown);
  if (refused)
    return new Refusal(
      EXIT.usage,
      `Cassandra refuses ${what}: ${messageOf(thrown)}. Check CASSANDRA_USER and CASSANDRA_PASSWORD, and what that ` +
        'role may do.',
      thrown,
    );
  if (saysMissing(thrown))
    return new Refusal(
      EXIT.usage,
      `Cassandra refuses ${what}: ${messageOf(thrown)}. "sightline prepare" creates the tables.`,
      thrown,
    );
  if (lacksColumn(thrown))
    return new Refusal(
      EXIT.usage,
      `Cassandra refuses ${what}: ${messageOf(thrown)}. The table is of an earlier program; run "sightline prepare" ` +
        'of this one, which adds the column. Earlier programs go on beside.',
      thrown,
    );
  if (code !== undefined && code in PASSING)
    return new Retryable('Cassandra', `${what}: ${PASSING[code]} (${messageOf(thrown)})`, thrown);
  if (thrown instanceof Error && (PASSING_ERRORS.includes(thrown.name) || isOfSocket(thrown)))
    return new Retryable('Cassandra', `${what}: ${reasonOf(thrown)}`, thrown);
  return thrown instanceof Error ? thrown : new Error(messageOf(thrown));
}

/** Whether a fault says that fewer replicas are up than were asked for, so that trying again at once does not help. */
export function isWithoutQuorum(fault: Error): boolean {
  return codeOf(fault.cause) === UNAVAILABLE || innerErrors(fault.cause).some((inner) => codeOf(inner) === UNAVAILABLE);
}

/** Whether a fault says that the keyspace or a table is missing: the set-up is. */
export function isWithoutTables(fault: unknown): boolean {
  return fault instanceof Error && saysMissing(fault.cause);
}

function saysMissing(thrown: unknown): boolean {
  return codeOf(thrown) === INVALID && /does not exist|unconfigured table/i.test(messageOf(thrown));
}

/** A column that "prepare" adds to the table of an earlier program; any other unknown column is a bug. */
function lacksColumn(thrown: unknown): boolean {
  const [, column] = /undefined column name "?(\w+)/i.exec(messageOf(thrown)) ?? [];
  return codeOf(thrown) === INVALID && LATER_COLUMNS.some(({ name }) => name === column);
}

function codeOf(thrown: unknown): number | undefined {
  const code = thrown instanceof Error && thrown.name === 'ResponseError' ? (thrown as { code?: unknown }).code : null;
  return typeof code === 'number' ? code : undefined;
}

/** No host lets us in: every one that answered says so. */
function isRefusedSignIn(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  if (thrown.name === 'AuthenticationError') return true;
  return innerErrors(thrown).some((inner) => inner.name === 'AuthenticationError' || codeOf(inner) === BAD_CREDENTIALS);
}

function innerErrors(thrown: unknown): Error[] {
  if (!(thrown instanceof Error)) return [];
  const inner = (thrown as { innerErrors?: Readonly<Record<string, unknown>> }).innerErrors ?? {};
  return Object.values(inner).filter((each) => each instanceof Error);
}

/** The driver says only that no host is left; the reason is what a host said. */
function reasonOf(thrown: Error): string {
  const [first] = innerErrors(thrown);
  return first ? `no node answered (${first.message})` : thrown.message;
}

/**
 * The node ended the connection amid a question. The driver asks another node itself, but not for a comparison, which
 * may have held: then it throws what it has marked so, or the system's error.
 */
function isOfSocket(thrown: Error): boolean {
  const { code, isSocketError } = thrown as NodeJS.ErrnoException & { isSocketError?: unknown };
  return isSocketError === true || (typeof code === 'string' && /^E[A-Z]+$/.test(code));
}
