/**
 * The versions of everything that runs on Java, and the only place that names them.
 *
 * A jar set is one class path: Hadoop and HBase need different ones (HBase's brings no jsr311, without which WebHDFS
 * answers 500), so a set belongs to a family of daemons and not to the machine. ZooKeeper comes with HBase's set, in
 * the line that HBase was built against. What each set holds to the byte is in `checksums/`, which `npm run lock:jars`
 * writes after a pin was changed. The folder of a set is named by a hash of both: a changed pin or jar is a new set.
 */
import { createHash } from 'node:crypto';
import { checksumsText } from './checksums.ts';
import type { JarSetName } from './checksums.ts';

export { jarSetNames } from './checksums.ts';
export type { JarSetName } from './checksums.ts';
export const jarSetsOfStack: readonly JarSetName[] = ['hadoop', 'hbase', 'kafka'];
export const jarSetsWithCassandra: readonly JarSetName[] = ['hadoop', 'cassandra', 'kafka'];

export const mavenDependencyPlugin = '3.8.1';

/**
 * `zookeeper`: Hadoop's and HBase's artifacts bring 3.8.4, which has known holes; a later one of its line takes its
 * place (docs/decisions/0002-dependencies.md#what-is-installed).
 */
export const releases = {
  cassandra: '5.0.6',
  flume: '1.11.0',
  hadoop: '3.4.2',
  hbase: '2.6.4-hadoop3',
  hive2: '2.3.10',
  hive3: '3.1.3',
  hive4: '4.0.1',
  iceberg: '1.11.0',
  kafka: '4.1.2',
  kerby: '2.0.3',
  spark: '4.1.1',
  zookeeper: '3.8.6',
} as const;

const zookeeper = `org.apache.zookeeper:zookeeper:${releases.zookeeper}`;
/** ZooKeeper brings SLF4J 2; the way to reload4j that Hadoop brings is one for SLF4J 1, which 2 does not see. */
const logger = 'org.slf4j:slf4j-reload4j:2.0.13';

/** What reads a Parquet file in Hive, beside the jars of `hadoop`. */
const readerOfHive = (release: string): string[] => [
  `org.apache.hive:hive-exec:${release}:alone`,
  `org.apache.hadoop:hadoop-mapreduce-client-core:${releases.hadoop}:alone`,
];
/** Hive before 4 brings a Parquet that has no Zstandard of its own (docs/data.md). */
const newerParquet = [
  'org.apache.parquet:parquet-hadoop-bundle:1.13.1:alone',
  'com.github.luben:zstd-jni:1.5.5-5:alone',
];

/**
 * Maven coordinates, `group:artifact:version`, with everything that they need at run time;
 * `group:artifact:version:alone` brings that jar and nothing that it depends on.
 */
export const pins: Readonly<Record<JarSetName, readonly string[]>> = {
  hadoop: [
    zookeeper,
    logger,
    `org.apache.hadoop:hadoop-common:${releases.hadoop}`,
    `org.apache.hadoop:hadoop-hdfs:${releases.hadoop}`,
    `org.apache.hadoop:hadoop-hdfs-client:${releases.hadoop}`,
  ],
  // The codec brings its native code inside its jar, so the machine needs no library.
  hbase: [
    `org.apache.hbase:hbase-server:${releases.hbase}`,
    `org.apache.hbase:hbase-compression-zstd:${releases.hbase}`,
    zookeeper,
  ],
  kafka: [
    `org.apache.kafka:kafka_2.13:${releases.kafka}`,
    `org.apache.kafka:kafka-tools:${releases.kafka}`,
    'org.apache.logging.log4j:log4j-slf4j-impl:2.24.3',
  ],
  // The KDC inside Hadoop's MiniKdc, without Hadoop around it: what it is told stays over a restart (secured/Kdc.java).
  kdc: [`org.apache.kerby:kerb-simplekdc:${releases.kerby}`, 'org.slf4j:slf4j-reload4j:1.7.36'],
  yarn: [
    zookeeper,
    logger,
    `org.apache.hadoop:hadoop-common:${releases.hadoop}`,
    `org.apache.hadoop:hadoop-hdfs-client:${releases.hadoop}`,
    `org.apache.hadoop:hadoop-yarn-server-resourcemanager:${releases.hadoop}`,
    `org.apache.hadoop:hadoop-yarn-server-nodemanager:${releases.hadoop}`,
    // The other two load classes of it, whether a timeline is kept or not.
    `org.apache.hadoop:hadoop-yarn-server-timelineservice:${releases.hadoop}`,
  ],
  flume: [
    // Without what it depends on: that would bring another logger.
    `${zookeeper}:alone`,
    `org.apache.zookeeper:zookeeper-jute:${releases.zookeeper}:alone`,
    `org.apache.flume:flume-ng-node:${releases.flume}`,
    `org.apache.flume.flume-ng-channels:flume-file-channel:${releases.flume}`,
    `org.apache.flume.flume-ng-sinks:flume-hdfs-sink:${releases.flume}`,
    // Only its BlobDeserializer is used: it makes one event of one file.
    `org.apache.flume.flume-ng-sinks:flume-ng-morphline-solr-sink:${releases.flume}:alone`,
    'org.slf4j:slf4j-simple:1.7.36',
    `org.apache.hadoop:hadoop-client-api:${releases.hadoop}`,
    `org.apache.hadoop:hadoop-client-runtime:${releases.hadoop}`,
  ],
  // Spark's connector for Kafka, with what Spark itself does not bring.
  spark: [
    `org.apache.spark:spark-sql-kafka-0-10_2.13:${releases.spark}:alone`,
    `org.apache.spark:spark-token-provider-kafka-0-10_2.13:${releases.spark}:alone`,
    'org.apache.kafka:kafka-clients:3.9.1:alone',
    'org.apache.commons:commons-pool2:2.12.1:alone',
  ],
  hive2: [...readerOfHive(releases.hive2), ...newerParquet],
  hive3: [...readerOfHive(releases.hive3), ...newerParquet],
  hive4: readerOfHive(releases.hive4),
  // Named by Spark's and Scala's line (docs/data.md).
  iceberg: [`org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:${releases.iceberg}:alone`],
  cassandra: [`org.apache.cassandra:cassandra-all:${releases.cassandra}`],
};

/**
 * ZooKeeper brings Logback, which SLF4J 2 would take: HDFS and YARN would not log as cluster/conf/logging.ts says, but
 * write every DEBUG line to standard output, without end. Cassandra logs through it.
 */
const OTHER_LOGGER = 'ch.qos.logback';

/** `hbase-1f3a…`: changes with every pin and every jar of the set. */
export function jarSetFolder(set: JarSetName): string {
  const hash = createHash('sha256').update(pins[set].join('\n')).update(checksumsText(set)).digest('hex');
  return `${set}-${hash.slice(0, 12)}`;
}

/** The pom from which Maven resolves one set. */
export function pomOf(set: JarSetName): string {
  const dependencies = pins[set].map((pin) => {
    const [group, artifact, version, alone] = pin.split(':');
    const excluded = alone !== undefined ? '*' : set === 'cassandra' ? null : OTHER_LOGGER;
    const exclusion =
      excluded === null ? '' : `<exclusion><groupId>${excluded}</groupId><artifactId>*</artifactId></exclusion>`;
    const coordinates = `<groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>`;
    return `    <dependency>${coordinates}<exclusions>${exclusion}</exclusions></dependency>`;
  });
  return [
    '<project>',
    '  <modelVersion>4.0.0</modelVersion>',
    `  <groupId>sightline</groupId><artifactId>${set}</artifactId><version>1</version><packaging>pom</packaging>`,
    '  <dependencies>',
    ...dependencies,
    '  </dependencies>',
    '</project>',
    '',
  ].join('\n');
}
