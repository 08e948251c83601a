/**
 * What the settings of the two topics must be, and what is wrong with them now: pure, from the settings that Kafka
 * reports.
 *
 * Topics belong to an operator, who may change them at any time. Workers check them regularly, the batch layer with
 * each archiving, `prepare` and `doctor` when somebody calls them; all of them use this table. Some faults stop the
 * layers, because going on would miscount or lose records in silence. Others only threaten records that are still to be
 * read: stopping would make that loss certain, so the layers go on and report it.
 *
 * Sizes: Kafka's limit holds for a batch as it comes, and again as the broker has packed it. A record that is sent
 * home has at most a value of GREATEST_STRAY_BYTES (domain/verdict.ts), headers of 32 KiB (log.ts), an id and some 200
 * bytes: it fits into LEAST_TOPIC_BYTES, packed or not. A dead letter is any record of the log, packed like the log,
 * with our five headers in place of its own: at most DEAD_LETTER_ROOM_BYTES more. Unpacked, a record may be a thousand
 * times as large as the limit; what every layer takes of it has an end of its own (log.ts, GREATEST_PART_BYTES).
 */

/** Kafka's default for a topic. */
export const LEAST_TOPIC_BYTES = 1_048_588;
/**
 * What our clients are configured to fetch, with room; a broker takes no request above 100 MiB by default.
 */
export const GREATEST_TOPIC_BYTES = 64 * 1_048_576;
export const DEAD_LETTER_ROOM_BYTES = 65_536;
export const LEAST_DEAD_LETTER_BYTES = 2 * 1_048_576;
/** Kafka keeps records for this many archivings, so that one of them may fail. */
const ARCHIVINGS_KEPT = 2;

/** Every client of Kafka reads it without a plug-in, and it packs better than lz4 (bench/speed/README.md). */
export const STORED_CODEC = 'gzip';
/** All that librdkafka and Java's client always read; kafkajs reads the first two. */
const READABLE_CODECS: ReadonlySet<string> = new Set([STORED_CODEC, 'uncompressed', 'lz4', 'snappy']);

/** A setting by its name in Kafka, as text; settings that the broker does not know are left out. */
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
  /** Whether `prepare` sets it. It leaves to the operator what may refuse records that producers send today. */
  readonly isMended: boolean;
  /** What mending does not repair. */
  readonly left?: string;
}

/** How long Kafka must keep records that are archived at the end of an epoch, and at least so often. */
export function leastRetentionMs(epochSeconds: number, archiveEveryMs: number): number {
  return ARCHIVINGS_KEPT * Math.min(epochSeconds * 1_000, archiveEveryMs);
}

export function topicFaults(log: LogSettings, leastRetention: number): TopicFault[] {
  return [...logFaults(log, leastRetention), ...deadLetterFaults(log)];
}

function logFaults({ topic, settings }: LogSettings, leastRetention: number): TopicFault[] {
  const has = (setting: string, value: string): boolean => (settings.get(setting) ?? value) === value;
  const bytes = numberOf(settings, 'max.message.bytes', LEAST_TOPIC_BYTES);
  const retention = numberOf(settings, 'retention.ms', -1);
  const rules: readonly (SettingRule & { readonly isBroken: boolean })[] = [
    { ...LOG_APPEND_TIME, isBroken: !has('message.timestamp.type', 'LogAppendTime') },
    { ...NOT_COMPACTED, isBroken: isCompacted(settings) },
    { ...ROOM_FOR_STRAYS, isBroken: bytes < LEAST_TOPIC_BYTES },
    { ...READABLE_RECORDS, isBroken: bytes > GREATEST_TOPIC_BYTES },
    { ...READABLE_BY_ALL, isBroken: !READABLE_CODECS.has(settings.get('compression.type') ?? STORED_CODEC) },
    { ...NOT_BY_SIZE, isBroken: !has('retention.bytes', '-1') },
    { ...longEnough(leastRetention), isBroken: retention >= 0 && retention < leastRetention },
  ];
  return rules
    .filter(({ isBroken }) => isBroken)
    .map(({ isBroken: _, ...rule }) => ({ topic, found: settings.get(rule.setting) ?? 'nothing', ...rule }));
}

/** What a setting must be, and what follows if it is not. */
type SettingRule = Omit<TopicFault, 'topic' | 'found'>;

const LOG_APPEND_TIME: SettingRule = {
  setting: 'message.timestamp.type',
  expected: 'LogAppendTime',
  because: "records carry the clock of whoever sent them, and an epoch is a slice of the log's own clock",
  stops: 'both layers',
  value: 'LogAppendTime',
  isMended: true,
  left:
    'Records that came meanwhile keep their stamps and count by them ' +
    '(docs/operations.md, "A topic that was changed")',
};
const NOT_COMPACTED: SettingRule = {
  setting: 'cleanup.policy',
  expected: 'delete',
  because: 'Kafka removes a record when a later one has its key, counted or not, and leaves no trace',
  stops: 'both layers',
  value: 'delete',
  isMended: true,
  left:
    'Records that Kafka removed already are gone: the report of the epoch names what the speed layer had counted of ' +
    'them',
};
const ROOM_FOR_STRAYS: SettingRule = {
  setting: 'max.message.bytes',
  expected: `at least ${LEAST_TOPIC_BYTES}`,
  because: 'a record in the wrong partition is sent home, and must fit',
  stops: 'the speed layer',
  value: String(LEAST_TOPIC_BYTES),
  isMended: true,
};
const READABLE_RECORDS: SettingRule = {
  setting: 'max.message.bytes',
  expected: `at most ${GREATEST_TOPIC_BYTES}`,
  because: 'workers could not read a larger record',
  stops: 'nobody',
  value: String(GREATEST_TOPIC_BYTES),
  isMended: false,
};
const READABLE_BY_ALL: SettingRule = {
  setting: 'compression.type',
  expected: 'gzip',
  because: 'Kafka keeps records as producers pack them, and not every reader knows every codec',
  stops: 'nobody',
  value: 'gzip',
  isMended: true,
};
const NOT_BY_SIZE: SettingRule = {
  setting: 'retention.bytes',
  expected: '-1',
  because: 'Kafka deletes records by size, counted and archived or not',
  stops: 'nobody',
  value: '-1',
  isMended: true,
};
const longEnough = (leastRetention: number): SettingRule => ({
  setting: 'retention.ms',
  expected: `at least ${leastRetention}`,
  because: 'Kafka may delete records before they are archived',
  stops: 'nobody',
  value: String(leastRetention),
  isMended: false,
});

function deadLetterFaults({ settings, deadLetterTopic: topic, deadLetterSettings }: LogSettings): TopicFault[] {
  const shared = { topic, stops: 'the speed layer', isMended: true } as const;
  if (!deadLetterSettings) {
    const because = 'records that cannot be detections are kept there';
    return [{ ...shared, setting: 'the topic', found: 'nothing', expected: 'that it exists', because, value: null }];
  }
  const faults: TopicFault[] = [];
  const codec = deadLetterSettings.get('compression.type');
  if (codec !== undefined && codec !== STORED_CODEC && codec !== 'producer') {
    const because = 'a record of the log that was packed well would not fit';
    const value = STORED_CODEC;
    const rule = { setting: 'compression.type', found: codec, expected: value, because, value } as const;
    faults.push({ ...shared, ...rule, stops: 'nobody' });
  }
  if (isCompacted(deadLetterSettings)) {
    const because = 'Kafka removes letters whose key a later one has, and refuses those without a key';
    const found = deadLetterSettings.get('cleanup.policy')!;
    faults.push({ ...shared, setting: 'cleanup.policy', found, expected: 'delete', because, value: 'delete' });
  }
  const least =
    Math.max(LEAST_TOPIC_BYTES, numberOf(settings, 'max.message.bytes', LEAST_TOPIC_BYTES)) + DEAD_LETTER_ROOM_BYTES;
  const bytes = numberOf(deadLetterSettings, 'max.message.bytes', Infinity);
  if (bytes < least) {
    const because = 'any record of the log must fit, with the headers that say why it is a dead letter';
    const value = String(Math.max(least, LEAST_DEAD_LETTER_BYTES));
    const expected = `at least ${least}`;
    faults.push({ ...shared, setting: 'max.message.bytes', found: String(bytes), expected, because, value });
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
  return (
    `Topic ${topic} has ${setting}=${found}, ${expected} was expected: ${because}. ` +
    `${remedy}${left ? `. ${left}` : ''}`
  );
}

export function setCommand(brokers: string, topic: string, setting: string, value: string): string {
  return (
    `kafka-configs.sh --bootstrap-server ${brokers} --alter --entity-type topics --entity-name ${topic} ` +
    `--add-config ${setting}=${value}`
  );
}

/** For a record of this size that a topic refused. */
export function raiseLimit(brokers: string, topic: string, recordBytes: number): string {
  return setCommand(brokers, topic, 'max.message.bytes', String(recordBytes + DEAD_LETTER_ROOM_BYTES));
}
