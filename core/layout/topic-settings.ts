/**
 * What the two topics must be set to, and what is wrong with them as they are: pure, from the settings that Kafka
 * tells.
 *
 * Topics belong to an operator, who may change them while they are read. Workers ask again and again, the batch layer
 * with each archiving, `prepare` and `doctor` when they are called; all of them judge by this table. Some faults stop
 * the layers, because going on would count wrongly or lose records in silence. Others only threaten what is still to be
 * read: stopping would make that loss certain, so the layers go on and say so.
 *
 * Sizes: Kafka's limit is of a batch, packed as it comes and once more when the broker has unpacked it. A record that
 * is sent home is at most a value of GREATEST_STRAY_BYTES (domain/verdict.ts), headers of 32 KiB (log.ts), an id and
 * some 200 bytes: LEAST_TOPIC_BYTES holds it. A dead letter is any record of the log with our five headers in place of
 * its own: at most DEAD_LETTER_ROOM_BYTES more.
 */

/** Kafka's default for a topic. */
export const LEAST_TOPIC_BYTES = 1_048_588;
/**
 * What our clients are configured to fetch and produce, with room; a broker takes no request above 100 MiB by default.
 */
export const GREATEST_TOPIC_BYTES = 64 * 1_048_576;
export const DEAD_LETTER_ROOM_BYTES = 65_536;
export const LEAST_DEAD_LETTER_BYTES = 2 * 1_048_576;
/** So many archivings may be missed before Kafka deletes what was not archived. */
const ARCHIVINGS_KEPT = 2;

/** A setting by its name in Kafka, as text; what the broker does not know is not there. */
export type TopicSettings = ReadonlyMap<string, string>;

export interface LogSettings {
  /** Where the topics are. */
  readonly brokers: string;
  readonly topic: string;
  readonly settings: TopicSettings;
  readonly deadLetterTopic: string;
  /** Null: that topic does not exist. */
  readonly deadLetterSettings: TopicSettings | null;
}

export interface TopicFault {
  readonly topic: string;
  readonly setting: string;
  readonly found: string;
  readonly expected: string;
  readonly because: string;
  /** Whom it stops. */
  readonly stops: 'both layers' | 'the speed layer' | 'nobody';
  /** The value that mends it; null: the topic is missing. */
  readonly value: string | null;
  /**
   * Whether `prepare` sets it: not what an operator chooses, nor what would refuse records that producers send today.
   */
  readonly isMended: boolean;
  /** What stays as it is when it is mended. */
  readonly left?: string;
}

/** How long Kafka must keep records, if they are archived at the end of an epoch and at least so often. */
export function leastRetentionMs(epochSeconds: number, archiveEveryMs: number): number {
  return ARCHIVINGS_KEPT * Math.min(epochSeconds * 1_000, archiveEveryMs);
}

export function topicFaults(log: LogSettings, leastRetention: number): TopicFault[] {
  return [...logFaults(log, leastRetention), ...deadLetterFaults(log)];
}

function logFaults({ topic, settings }: LogSettings, leastRetention: number): TopicFault[] {
  const faults: TopicFault[] = [];
  const fault = (
    setting: string,
    expected: string,
    given: Pick<TopicFault, 'because' | 'stops' | 'value'> & Partial<TopicFault>,
  ): void =>
    void faults.push({ topic, setting, found: settings.get(setting) ?? 'nothing', expected, isMended: true, ...given });
  const is = (setting: string, value: string): boolean => (settings.get(setting) ?? value) === value;
  const bytes = numberOf(settings, 'max.message.bytes', LEAST_TOPIC_BYTES);
  const retention = numberOf(settings, 'retention.ms', -1);

  if (!is('message.timestamp.type', 'LogAppendTime')) {
    const because = "records carry the clock of whoever sent them, and an epoch is a slice of the log's own clock";
    const left =
      'Records that came meanwhile keep their stamps and count by them (docs/operations.md, "A topic that was changed")';
    fault('message.timestamp.type', 'LogAppendTime', { because, stops: 'both layers', value: 'LogAppendTime', left });
  }
  if (isCompacted(settings)) {
    const because = 'Kafka removes a record when a later one has its key, counted or not, and leaves no trace';
    const left =
      'Records that Kafka removed already are gone: the report of the epoch names what the speed layer had counted of them';
    fault('cleanup.policy', 'delete', { because, stops: 'both layers', value: 'delete', left });
  }
  if (bytes < LEAST_TOPIC_BYTES) {
    const because = 'a record in the wrong partition is sent home, and must fit';
    fault('max.message.bytes', `at least ${LEAST_TOPIC_BYTES}`, {
      because,
      stops: 'the speed layer',
      value: String(LEAST_TOPIC_BYTES),
    });
  }
  if (bytes > GREATEST_TOPIC_BYTES) {
    const because = 'workers could not read a larger record';
    fault('max.message.bytes', `at most ${GREATEST_TOPIC_BYTES}`, {
      because,
      stops: 'nobody',
      value: String(GREATEST_TOPIC_BYTES),
      isMended: false,
    });
  }
  if (!is('compression.type', 'uncompressed')) {
    const because =
      'the limit would be of packed bytes, so that a record has no greatest size, and not every reader knows every codec';
    fault('compression.type', 'uncompressed', { because, stops: 'nobody', value: 'uncompressed' });
  }
  if (!is('retention.bytes', '-1')) {
    const because = 'Kafka deletes records by size, counted and archived or not';
    fault('retention.bytes', '-1', { because, stops: 'nobody', value: '-1' });
  }
  if (retention >= 0 && retention < leastRetention) {
    const because = 'Kafka may delete records before they are archived';
    fault('retention.ms', `at least ${leastRetention}`, {
      because,
      stops: 'nobody',
      value: String(leastRetention),
      isMended: false,
    });
  }
  return faults;
}

function deadLetterFaults({ settings, deadLetterTopic: topic, deadLetterSettings: found }: LogSettings): TopicFault[] {
  const stops = 'the speed layer';
  if (!found) {
    const because = 'records that cannot be detections are kept there';
    return [
      {
        topic,
        setting: 'the topic',
        found: 'nothing',
        expected: 'that it exists',
        because,
        stops,
        value: null,
        isMended: true,
      },
    ];
  }
  const faults: TopicFault[] = [];
  if (isCompacted(found)) {
    const because = 'Kafka removes letters whose key a later one has, and refuses those without a key';
    faults.push({
      topic,
      setting: 'cleanup.policy',
      found: found.get('cleanup.policy')!,
      expected: 'delete',
      because,
      stops,
      value: 'delete',
      isMended: true,
    });
  }
  const least =
    Math.max(LEAST_TOPIC_BYTES, numberOf(settings, 'max.message.bytes', LEAST_TOPIC_BYTES)) + DEAD_LETTER_ROOM_BYTES;
  const bytes = numberOf(found, 'max.message.bytes', Infinity);
  if (bytes < least) {
    const because = 'any record of the log must fit, with the headers that say why it is a dead letter';
    const value = String(Math.max(least, LEAST_DEAD_LETTER_BYTES));
    faults.push({
      topic,
      setting: 'max.message.bytes',
      found: String(bytes),
      expected: `at least ${least}`,
      because,
      stops,
      value,
      isMended: true,
    });
  }
  return faults;
}

function isCompacted(settings: TopicSettings): boolean {
  return (settings.get('cleanup.policy') ?? '').split(',').includes('compact');
}

function numberOf(settings: TopicSettings, name: string, otherwise: number): number {
  const text = settings.get(name);
  return text === undefined ? otherwise : Number(text);
}

/** What was found, what was expected, why, and the command that mends it. */
export function faultText(fault: TopicFault, brokers: string): string {
  const { topic, setting, found, expected, because, value, isMended, left } = fault;
  if (value === null) return `Topic ${topic} does not exist: ${because}. "sightline prepare" creates it`;
  const byHand = setCommand(brokers, topic, setting, value);
  const remedy = `${isMended ? '"sightline prepare" mends it, or' : 'Mend it:'} ${byHand}`;
  return `Topic ${topic} has ${setting}=${found}, ${expected} was expected: ${because}. ${remedy}${left ? `. ${left}` : ''}`;
}

export function setCommand(brokers: string, topic: string, setting: string, value: string): string {
  return `kafka-configs.sh --bootstrap-server ${brokers} --alter --entity-type topics --entity-name ${topic} --add-config ${setting}=${value}`;
}

/** For a record of this size that a topic refused. */
export function raiseLimit(brokers: string, topic: string, recordBytes: number): string {
  return setCommand(brokers, topic, 'max.message.bytes', String(recordBytes + DEAD_LETTER_ROOM_BYTES));
}
