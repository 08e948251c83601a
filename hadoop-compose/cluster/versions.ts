/**
 * The versions of everything that runs on Java, and the only place that names them.
 *
 * A jar set is one class path: Hadoop and HBase need different ones (HBase's brings no jsr311, without which WebHDFS
 * answers 500), so a set belongs to a family of daemons and not to the machine. ZooKeeper comes with HBase's set, in the
 * version that HBase was built against. The folder of a set is named by a hash of its pins: a changed pin is a new set.
 */
import { createHash } from 'node:crypto';

/** `yarn` is fetched only by those who start one: the stack runs without. */
export const jarSetNames = ['hadoop', 'hbase', 'kafka', 'yarn'] as const;
export type JarSetName = (typeof jarSetNames)[number];
export const jarSetsOfStack: readonly JarSetName[] = ['hadoop', 'hbase', 'kafka'];

export const mavenDependencyPlugin = '3.8.1';

/** `zookeeper` is what HBase's artifacts bring; it is named for the containers of compose.yaml. */
export const releases = { hadoop: '3.4.2', hbase: '2.6.4-hadoop3', kafka: '4.1.1', zookeeper: '3.8.4' } as const;

/** Maven coordinates, `group:artifact:version`, with everything that they need at run time. */
export const pins: Readonly<Record<JarSetName, readonly string[]>> = {
  hadoop: [
    `org.apache.hadoop:hadoop-common:${releases.hadoop}`,
    `org.apache.hadoop:hadoop-hdfs:${releases.hadoop}`,
    `org.apache.hadoop:hadoop-hdfs-client:${releases.hadoop}`,
  ],
  hbase: [`org.apache.hbase:hbase-server:${releases.hbase}`],
  kafka: [
    `org.apache.kafka:kafka_2.13:${releases.kafka}`,
    `org.apache.kafka:kafka-tools:${releases.kafka}`,
    'org.apache.logging.log4j:log4j-slf4j-impl:2.24.3',
  ],
  yarn: [
    `org.apache.hadoop:hadoop-common:${releases.hadoop}`,
    `org.apache.hadoop:hadoop-hdfs-client:${releases.hadoop}`,
    `org.apache.hadoop:hadoop-yarn-server-resourcemanager:${releases.hadoop}`,
    `org.apache.hadoop:hadoop-yarn-server-nodemanager:${releases.hadoop}`,
    // The other two load classes of it, whether a timeline is kept or not.
    `org.apache.hadoop:hadoop-yarn-server-timelineservice:${releases.hadoop}`,
  ],
};

/** `hbase-1f3a…`: changes with every pin of the set. */
export function jarSetFolder(set: JarSetName): string {
  const hash = createHash('sha256').update(pins[set].join('\n')).digest('hex');
  return `${set}-${hash.slice(0, 12)}`;
}

/** The pom from which Maven resolves one set. */
export function pomOf(set: JarSetName): string {
  const dependencies = pins[set].map((pin) => {
    const [group, artifact, version] = pin.split(':');
    return `    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
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
