/** What becomes of Kafka's errors, by their codes and whichever client brought them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import kafkajs from 'kafkajs';
import rdkafka from 'node-rdkafka';
import { EXIT, Refusal, Retryable } from '../../../../../core/process/errors.ts';
import { asFault } from '../../../../../core/stores/kafka/client-config.ts';
import { kafkaFate, kafkaJsFault } from '../../../../../core/stores/kafka/faults.ts';

const { ERRORS } = rdkafka.CODES;
const SETTINGS = { KAFKA_BROKERS: 'b:9092', KAFKA_TOPIC: 't' };

/** Names of librdkafka by what becomes of them; each name must be one. */
const GOLDEN = {
  refuse: `TOPIC_AUTHORIZATION_FAILED GROUP_AUTHORIZATION_FAILED CLUSTER_AUTHORIZATION_FAILED TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    DELEGATION_TOKEN_AUTHORIZATION_FAILED UNSUPPORTED_SASL_MECHANISM ILLEGAL_SASL_STATE SECURITY_DISABLED SASL_AUTHENTICATION_FAILED
    _AUTHENTICATION _SSL TOPIC_EXCEPTION INVALID_PARTITIONS INVALID_REPLICATION_FACTOR INVALID_REPLICA_ASSIGNMENT INVALID_CONFIG POLICY_VIOLATION
    INCONSISTENT_GROUP_PROTOCOL INVALID_GROUP_ID INVALID_SESSION_TIMEOUT GROUP_MAX_SIZE_REACHED UNSUPPORTED_VERSION
    UNSUPPORTED_FOR_MESSAGE_FORMAT _UNSUPPORTED_FEATURE MSG_SIZE_TOO_LARGE RECORD_LIST_TOO_LARGE`,
  bug: 'INVALID_REQUIRED_ACKS INVALID_REQUEST _INVALID_ARG _STATE _DESTROY _FATAL',
  again: `_TRANSPORT _RESOLVE _ALL_BROKERS_DOWN _TIMED_OUT _MSG_TIMED_OUT _UNKNOWN_TOPIC _UNKNOWN_PARTITION _QUEUE_FULL UNKNOWN_TOPIC_OR_PART
    LEADER_NOT_AVAILABLE NOT_LEADER_FOR_PARTITION REQUEST_TIMED_OUT NOT_ENOUGH_REPLICAS NOT_ENOUGH_REPLICAS_AFTER_APPEND
    GROUP_LOAD_IN_PROGRESS GROUP_COORDINATOR_NOT_AVAILABLE NOT_COORDINATOR_FOR_GROUP ILLEGAL_GENERATION UNKNOWN_MEMBER_ID
    REBALANCE_IN_PROGRESS KAFKA_STORAGE_ERROR FENCED_LEADER_EPOCH UNKNOWN`,
} as const;

const codeOf = (name: string): number => {
  const code = (ERRORS as Record<string, number>)[`ERR_${name}`];
  assert.ok(code !== undefined, `librdkafka knows no ${name}`);
  return code;
};

for (const [fate, names] of Object.entries(GOLDEN)) {
  test(`each of these has the fate: ${fate}`, () => {
    for (const name of names.split(/\s+/)) assert.equal(kafkaFate(codeOf(name)), fate, name);
  });
}

test('an error of node-rdkafka is a Retryable, a Refusal with its remedy, or the bug itself', () => {
  const errorOf = (name: string) =>
    Object.assign(new Error(`Broker: ${name}`), { code: codeOf(name) }) as unknown as rdkafka.LibrdKafkaError;
  const away = asFault(SETTINGS, errorOf('_ALL_BROKERS_DOWN'));
  assert.ok(
    away instanceof Retryable &&
      away.dependency === 'Kafka' &&
      away.message === 'Kafka at b:9092: Broker: _ALL_BROKERS_DOWN',
  );
  const denied = asFault(SETTINGS, errorOf('GROUP_AUTHORIZATION_FAILED'));
  assert.ok(denied instanceof Refusal && denied.exitCode === EXIT.usage);
  assert.match(
    denied.message,
    /^Kafka at b:9092: Broker: GROUP_AUTHORIZATION_FAILED\. Grant it with Kafka's ACLs: "sightline prepare --print-grants" prints/,
  );
  const large = asFault(SETTINGS, errorOf('MSG_SIZE_TOO_LARGE'));
  assert.ok(large instanceof Refusal && large.exitCode === EXIT.data_check_failed);
  const bug = errorOf('_STATE');
  assert.equal(asFault(SETTINGS, bug), bug);
});

test('an error of kafkajs is judged by the codes in it, however deep', () => {
  const protocol = (code: number, type: string) =>
    Object.assign(new kafkajs.KafkaJSProtocolError(new Error(type)), { code, type });
  const denied = protocol(29, 'TOPIC_AUTHORIZATION_FAILED');
  const retried = new kafkajs.KafkaJSNumberOfRetriesExceeded(denied, { retryCount: 3, retryTime: 9 });
  const both = Object.assign(new Error('Topic creation errors'), {
    errors: [protocol(36, 'TOPIC_ALREADY_EXISTS'), protocol(38, 'INVALID_REPLICATION_FACTOR')],
  });
  for (const thrown of [denied, retried, both]) {
    const fault = kafkaJsFault('Kafka at b', thrown);
    assert.ok(fault instanceof Refusal && fault.exitCode === EXIT.usage, thrown.message);
  }
  assert.match(kafkaJsFault('Kafka at b', both).message, /KAFKA_REPLICATION \(at most the number of brokers\)/);
  const noLeader = new kafkajs.KafkaJSNumberOfRetriesExceeded(protocol(5, 'LEADER_NOT_AVAILABLE'), {
    retryCount: 3,
    retryTime: 9,
  });
  assert.ok(kafkaJsFault('Kafka at b', noLeader) instanceof Retryable);
  assert.ok(
    kafkaJsFault('Kafka at b', new kafkajs.KafkaJSConnectionError('connect ECONNREFUSED')) instanceof Retryable,
  );
  assert.ok(kafkaJsFault('Kafka at b', new Error('no answer within 15 s')) instanceof Retryable);
});

test('a mistake of ours between the calls is a bug, and a fault stays what it is', () => {
  const bug = new TypeError('x is not a function');
  assert.equal(kafkaJsFault('Kafka at b', bug), bug);
  for (const known of [new Retryable('Kafka', 'away'), new Refusal(EXIT.usage, 'no')])
    assert.equal(kafkaJsFault('Kafka at b', known), known);
});
