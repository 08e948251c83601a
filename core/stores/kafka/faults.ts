/**
 * What becomes of a fault of Kafka: the one table of error codes, for both of its clients.
 *
 * Brokers answer with the codes of the protocol, which node-rdkafka and kafkajs pass on as they are; negative ones are
 * librdkafka's own. client-config.ts, admin.ts, producer.ts and dead-letters.ts turn faults into a Retryable, a Refusal
 * with its remedy, or a bug here. A code that is not listed is retried: brokers that come and go use many codes, and a
 * topic that is not known (3) may be new to one broker. admin.ts and the worker's watch check whether it is gone.
 */
import { EXIT, messageOf, Refusal, Retryable } from '../../process/errors.ts';
import type { ExitCode } from '../../process/errors.ts';

export type KafkaFate = 'again' | 'refuse' | 'bug';

interface Refused {
  readonly exitCode: ExitCode;
  readonly remedy: string;
  readonly codes: readonly number[];
}

/** Codes of librdkafka that stand for themselves here: -169 AUTHENTICATION, -181 SSL, -165 UNSUPPORTED_FEATURE. */
const REFUSED: readonly Refused[] = [
  {
    // TOPIC, GROUP, CLUSTER, TRANSACTIONAL_ID and DELEGATION_TOKEN AUTHORIZATION_FAILED
    codes: [29, 30, 31, 53, 65],
    exitCode: EXIT.usage,
    remedy: 'Grant it with Kafka\'s ACLs: "sightline prepare --print-grants" prints what each layer needs',
  },
  {
    // UNSUPPORTED_SASL_MECHANISM, ILLEGAL_SASL_STATE, SECURITY_DISABLED, SASL_AUTHENTICATION_FAILED
    codes: [33, 34, 54, 58, -169],
    exitCode: EXIT.usage,
    remedy:
      'Check the listener that KAFKA_BROKERS names, KAFKA_SECURITY_PROTOCOL, KAFKA_SASL_MECHANISM, ' +
      'KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD',
  },
  {
    codes: [-181],
    exitCode: EXIT.usage,
    remedy:
      "Check KAFKA_CA, which must hold the authority of the brokers' certificates, and the names in KAFKA_BROKERS, " +
      'which these must hold; KAFKA_SECURITY_PROTOCOL says whether a listener speaks TLS',
  },
  {
    // INVALID_TOPIC, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_REPLICA_ASSIGNMENT, INVALID_CONFIG,
    // POLICY_VIOLATION
    codes: [17, 37, 38, 39, 40, 44],
    exitCode: EXIT.usage,
    remedy:
      'The brokers refuse this setting: check KAFKA_TOPIC, KAFKA_PARTITIONS, KAFKA_REPLICATION (at most the number ' +
      'of brokers) and KAFKA_RETENTION_HOURS',
  },
  {
    // INCONSISTENT_GROUP_PROTOCOL, INVALID_GROUP_ID, INVALID_SESSION_TIMEOUT, GROUP_MAX_SIZE_REACHED
    codes: [23, 24, 26, 81],
    exitCode: EXIT.usage,
    remedy:
      "The group refuses this worker: only Sightline's workers may use KAFKA_GROUP, and the brokers must allow a " +
      'session of 10 s',
  },
  {
    // UNSUPPORTED_VERSION, UNSUPPORTED_FOR_MESSAGE_FORMAT
    codes: [35, 43, -165],
    exitCode: EXIT.usage,
    remedy: 'The brokers are too old: Sightline needs Kafka 2.8 or later',
  },
  {
    // MSG_SIZE_TOO_LARGE, RECORD_LIST_TOO_LARGE
    codes: [10, 18],
    exitCode: EXIT.data_check_failed,
    remedy: 'A record is larger than the topic takes: raise max.message.bytes on it and start again',
  },
];

/** INVALID_REQUIRED_ACKS, INVALID_REQUEST; of librdkafka: INVALID_ARG, STATE and DESTROY (a closed client), FATAL. */
const BUGS: readonly number[] = [21, 42, -186, -172, -197, -150];

/** SASL_AUTHENTICATION_FAILED, and librdkafka's SSL. */
export const SASL_FAILED = 58;
export const TLS_FAILED = -181;

/** TOPIC_AUTHORIZATION_FAILED. */
export const TOPIC_REFUSED = 29;
/** UNKNOWN_TOPIC_OR_PARTITION. */
export const UNKNOWN_TOPIC = 3;

export function kafkaFate(code: number): KafkaFate {
  if (REFUSED.some(({ codes }) => codes.includes(code))) return 'refuse';
  return BUGS.includes(code) ? 'bug' : 'again';
}

/** The fault of a code. `where`: "Kafka at <brokers>", or "Kafka, topic <name>". */
export function kafkaFault(where: string, code: number, message: string, cause?: unknown): Error {
  const refused = REFUSED.find(({ codes }) => codes.includes(code));
  if (refused) return new Refusal(refused.exitCode, `${where}: ${message}. ${refused.remedy}.`, cause);
  if (BUGS.includes(code))
    return cause instanceof Error ? cause : new Error(`${where}: ${message} (${code})`, { cause });
  return new Retryable('Kafka', `${where}: ${message}`, cause);
}

/** What was thrown by kafkajs, or by our own code between its calls. */
export function kafkaJsFault(where: string, thrown: unknown): Error {
  if (thrown instanceof Retryable || thrown instanceof Refusal) return thrown;
  const codes = codesIn(thrown);
  const code = codes.find((each) => kafkaFate(each) !== 'again') ?? codes[0] ?? 0;
  if (codes.length === 0 && isBug(thrown)) return thrown;
  return kafkaFault(where, code, messageOf(thrown), thrown);
}

/** What Node and OpenSSL say of a certificate that they do not believe, or of a server without TLS. */
const CERTIFICATE =
  /self.signed certificate|unable to (verify|get)|certificate (has expired|is not yet valid)|does not match certificate|certificate verify failed|wrong version number|SSL alert/i;

/**
 * What librdkafka writes to its log when it cannot enter, as the code that it does not hand over; null for other lines.
 */
export function codeInLog(line: string): number | null {
  if (/SASL .*(authentication|handshake).*(error|fail)|Authentication failed/i.test(line)) return SASL_FAILED;
  return CERTIFICATE.test(line) || /SSL handshake failed/i.test(line) ? TLS_FAILED : null;
}

/**
 * Codes of the protocol in an error of kafkajs: its own, that of what it gave up after, those of the topics of one
 * request.
 */
export function codesIn(thrown: unknown): number[] {
  if (!(thrown instanceof Error)) return [];
  const { name, message, cause } = thrown;
  const own =
    'code' in thrown && typeof thrown.code === 'number' ? [thrown.code] : CERTIFICATE.test(message) ? [TLS_FAILED] : [];
  const named =
    name === 'KafkaJSSASLAuthenticationError' ? [58] : name === 'KafkaJSServerDoesNotSupportApiKey' ? [35] : [];
  const together = 'errors' in thrown && Array.isArray(thrown.errors) ? thrown.errors.flatMap(codesIn) : [];
  return [...own, ...named, ...together, ...codesIn(cause)];
}

function isBug(thrown: unknown): thrown is Error {
  const isOfLanguage =
    thrown instanceof TypeError ||
    thrown instanceof RangeError ||
    thrown instanceof ReferenceError ||
    thrown instanceof SyntaxError;
  return isOfLanguage || (thrown instanceof Error && thrown.name === 'KafkaJSInvariantViolation');
}
