/**
 * What every node-rdkafka client of ours is configured with, and what its errors mean.
 *
 * consumer.ts, reader.ts and producer.ts build on it. Settings that decide what is read stand here once, so that the
 * two layers cannot read different logs: committed records only, and an error instead of a reset when an offset is not
 * there.
 */
import type { ConsumerGlobalConfig, ConsumerTopicConfig, GlobalConfig, LibrdKafkaError } from 'node-rdkafka';
import rdkafka from 'node-rdkafka';
import { EXIT, Refusal } from '../../process/errors.ts';
import type { KafkaAccess } from '../../process/kafka-access.ts';
import { accessConfig } from './access-config.ts';
import { kafkaFault } from './faults.ts';

export interface KafkaSettings {
  readonly KAFKA_BROKERS: string;
  readonly KAFKA_TOPIC: string;
  /** Absent: plain text. */
  readonly KAFKA_ACCESS?: KafkaAccess | undefined;
}

export function clientConfig(settings: KafkaSettings, clientId: string): GlobalConfig {
  return {
    'client.id': clientId,
    'metadata.broker.list': settings.KAFKA_BROKERS,
    'reconnect.backoff.max.ms': 2_000,
    'socket.keepalive.enable': true,
    // How soon a worker hears of partitions that a topic was given.
    'topic.metadata.refresh.interval.ms': 10_000,
    // Faults reach us through the calls that they concern; the library's own lines on standard error are noise.
    log_level: 0,
    ...entrance(settings.KAFKA_ACCESS),
  };
}

/** With events on, the library tells in its log why it could not enter (calls.ts); it tells it nowhere else. */
function entrance(access: KafkaAccess | undefined): GlobalConfig {
  const config = accessConfig(access, rdkafka.features);
  return Object.keys(config).length === 0 ? {} : { ...config, event_cb: true, log_level: 3 };
}

export function consumerConfig(settings: KafkaSettings, clientId: string, group: string): ConsumerGlobalConfig {
  return {
    ...clientConfig(settings, clientId),
    'group.id': group,
    'isolation.level': 'read_committed',
    'enable.auto.commit': false,
    'enable.auto.offset.store': false,
    'enable.partition.eof': true,
    'allow.auto.create.topics': false,
    'fetch.wait.max.ms': 100,
    'queued.max.messages.kbytes': 65_536,
  };
}

/** A reset would be a silent gap. */
export const CONSUMER_TOPIC_CONFIG: ConsumerTopicConfig = { 'auto.offset.reset': 'error' };

const { ERRORS } = rdkafka.CODES;

export function isOffsetGone(error: LibrdKafkaError): boolean {
  const { code } = error;
  return (
    code === ERRORS.ERR__AUTO_OFFSET_RESET ||
    code === ERRORS.ERR_OFFSET_OUT_OF_RANGE ||
    code === ERRORS.ERR__LOG_TRUNCATION
  );
}

/** A rebalance brings partitions or takes them away. */
export function isAssigning(error: LibrdKafkaError): boolean {
  return error.code === ERRORS.ERR__ASSIGN_PARTITIONS;
}

/** The group went on without this worker because a round took long; the next take joins it again. */
export function isLeftGroup(error: LibrdKafkaError): boolean {
  return error.code === ERRORS.ERR__MAX_POLL_EXCEEDED;
}

/** Bytes that this build cannot decompress or that fail their checksum: going on would skip them. */
function isUnreadable(error: LibrdKafkaError): boolean {
  return (
    error.code === ERRORS.ERR__NOT_IMPLEMENTED ||
    error.code === ERRORS.ERR__BAD_COMPRESSION ||
    error.code === ERRORS.ERR__BAD_MSG ||
    error.code === ERRORS.ERR_UNSUPPORTED_COMPRESSION_TYPE
  );
}

/** What an error of node-rdkafka means for the caller. */
export function asFault(settings: KafkaSettings, error: LibrdKafkaError): Error {
  if (isUnreadable(error)) {
    return new Refusal(
      EXIT.data_check_failed,
      `Topic ${settings.KAFKA_TOPIC} holds a batch of records that cannot be read: ${error.message}. This build of ` +
        `librdkafka knows ${rdkafka.features.join(', ')}; producers must use a compression from that list.`,
    );
  }
  return kafkaFault(`Kafka at ${settings.KAFKA_BROKERS}`, error.code, error.message, error);
}
