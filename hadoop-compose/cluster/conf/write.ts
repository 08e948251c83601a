/**
 * Writes the configuration of a stack, anew at each start, so that it always is what this version and these ports mean.
 *
 * A secured stack gets the settings of secured.ts besides. The empty `webapps` folders are asked for by Hadoop's and
 * HBase's web servers, which carry the metrics and WebHDFS;
 * their pages are not in the Maven artifacts.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { confFolder, dataFolder } from '../../stack/stack.ts';
import type { Stack } from '../../stack/stack.ts';
import { brokerName, brokersOf, propertiesOf } from '../../stack/brokers.ts';
import { nameOfNode } from '../../stack/cassandra-nodes.ts';
import { cassandraYaml, logbackXml } from './cassandra.ts';
import { coreSite, hdfsSite } from './hadoop.ts';
import { hbaseMetrics, hbaseSite } from './hbase.ts';
import {
  jaasConf,
  securedCore,
  securedHBase,
  securedHdfs,
  securedKafka,
  securedZooCfg,
  sslClient,
  sslServer,
} from './secured.ts';
import { serverProperties } from './kafka.ts';
import { clientCore, clientHdfs } from './secured-client.ts';
import { log4j2Properties, reload4jProperties } from './logging.ts';
import { settingsProperties, settingsXml } from './xml.ts';
import { zooCfg } from './zookeeper.ts';

/** Relative path to content. */
export function confFiles(stack: Stack): Record<string, string> {
  const secured = <T>(settings: () => T): T | Record<string, never> => (stack.isSecured ? settings() : {});
  const core = settingsXml({ ...coreSite(stack), ...secured(() => securedCore(stack)) });
  const hbase = hbaseSite(stack);
  return {
    'zookeeper/zoo.cfg': settingsProperties(stack.isSecured ? securedZooCfg(stack) : zooCfg(stack)),
    'zookeeper/log4j.properties': reload4jProperties,
    'hadoop/core-site.xml': core,
    'hadoop/hdfs-site.xml': settingsXml({ ...hdfsSite(stack), ...secured(() => securedHdfs(stack)) }),
    'hadoop/log4j.properties': reload4jProperties,
    'hbase/core-site.xml': core,
    'hbase/hbase-site.xml': settingsXml({ ...hbase, ...secured(() => securedHBase(stack, hbase)) }),
    'hbase/log4j.properties': reload4jProperties,
    'hbase/hadoop-metrics2.properties': settingsProperties(hbaseMetrics),
    ...Object.fromEntries(
      brokersOf(stack).map((node) => [
        `kafka/${propertiesOf(node)}`,
        settingsProperties({ ...serverProperties(stack, node), ...secured(() => securedKafka(stack)) }),
      ]),
    ),
    'kafka/log4j2.properties': log4j2Properties,
    ...secured(() => ({
      'kdc/log4j.properties': reload4jProperties,
      'client/core-site.xml': settingsXml(clientCore(stack)),
      'client/hdfs-site.xml': settingsXml(clientHdfs(stack)),
      'zookeeper/jaas.conf': jaasConf(stack),
      'hadoop/ssl-server.xml': settingsXml(sslServer(stack)),
      'hadoop/ssl-client.xml': settingsXml(sslClient(stack)),
      'hbase/ssl-client.xml': settingsXml(sslClient(stack)),
    })),
    ...cassandraFiles(stack),
  };
}

const nodeFolders = ({ cassandraNodes }: Stack): string[] =>
  Array.from({ length: cassandraNodes ?? 0 }, (_, index) => nameOfNode(index + 1));

function cassandraFiles(stack: Stack): Record<string, string> {
  if (!stack.cassandraNodes) return {};
  const nodes = Array.from({ length: stack.cassandraNodes }, (_, index) => index + 1);
  const files = nodes.map((node) => [`cassandra/${nameOfNode(node)}.yaml`, cassandraYaml(stack, node)]);
  return { 'cassandra/logback.xml': logbackXml, ...(Object.fromEntries(files) as Record<string, string>) };
}

const emptyFolders = [
  'hadoop/webapps/hdfs',
  'hadoop/webapps/datanode',
  'hadoop/webapps/journal',
  'hbase/hbase-webapps/master',
  'hbase/hbase-webapps/regionserver',
  'hbase/hbase-webapps/static',
];

export async function writeConf(stack: Stack): Promise<void> {
  for (const folder of emptyFolders) await mkdir(confFolder(stack, folder), { recursive: true });
  for (const [path, content] of Object.entries(confFiles(stack))) {
    const file = confFolder(stack, path);
    await mkdir(dirname(file), { recursive: true });
    // Of a secured stack they hold passwords.
    await writeFile(file, content, { mode: 0o600 });
  }
  const brokers = brokersOf(stack).map(brokerName);
  for (const folder of ['zookeeper', 'datanode', ...brokers, 'hbase-tmp', 'hadoop-tmp', ...nodeFolders(stack)]) {
    await mkdir(dataFolder(stack, folder), { recursive: true, mode: 0o700 });
  }
  for (const folder of ['logs', 'pids']) await mkdir(join(stack.folder, folder), { recursive: true });
}
