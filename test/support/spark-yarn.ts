/**
 * YARN on loopback: a ResourceManager and a NodeManager from Hadoop's Maven artifacts, over the HDFS of the
 * environment.
 *
 * HADOOP_CONF_DIR holds what a client of the cluster needs; a real one has it already. Spark's libraries are taken from
 * where they lie (`local:`), because every container runs on this machine; a real cluster keeps them in HDFS
 * (`spark.yarn.archive`).
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { coreSite, hdfsSite } from '../../hadoop-compose/cluster/conf/hadoop.ts';
import type { Settings } from '../../hadoop-compose/cluster/conf/xml.ts';
import { settingsProperties, settingsXml } from '../../hadoop-compose/cluster/conf/xml.ts';
import { fetchJars } from '../../hadoop-compose/cluster/jars.ts';
import { jarFolder, stackFrom } from '../../hadoop-compose/stack/stack.ts';
import { findJava } from '../../hadoop-compose/cluster/tools.ts';
import { freePorts, startDaemon } from './java-daemon.ts';

const SERVER = 'org.apache.hadoop.yarn.server';
/** Parts of the JDK into which Hadoop reaches by reflection. */
const OPENED = [
  'java.lang',
  'java.lang.reflect',
  'java.io',
  'java.nio',
  'java.util',
  'java.util.concurrent',
  'java.net',
  'sun.nio.ch',
];

const ON_LOOPBACK = '--conf spark.driver.host=127.0.0.1';
const LOGGING: Settings = {
  'log4j.rootLogger': 'INFO, console',
  'log4j.appender.console': 'org.apache.log4j.ConsoleAppender',
  'log4j.appender.console.layout': 'org.apache.log4j.PatternLayout',
  'log4j.appender.console.layout.ConversionPattern': '%d{ISO8601} %-5p %c{2}: %m%n',
};

export async function openYarn(
  folder: string,
  home: string,
): Promise<{ environment: Record<string, string>; close(): Promise<void> }> {
  const stack = stackFrom();
  const java = await findJava();
  await fetchJars(stack, () => undefined, undefined, ['yarn']);
  const conf = join(folder, 'conf');
  for (const page of ['cluster', 'node']) await mkdir(join(conf, 'webapps', page), { recursive: true });
  await writeFile(
    join(conf, 'core-site.xml'),
    settingsXml({ ...coreSite(stack), 'hadoop.tmp.dir': join(folder, 'tmp') }),
  );
  await writeFile(join(conf, 'hdfs-site.xml'), settingsXml(hdfsSite(stack)));
  await writeFile(join(conf, 'yarn-site.xml'), settingsXml(yarnSite(folder, await freePorts(5))));
  await writeFile(join(conf, 'log4j.properties'), settingsProperties(LOGGING));
  const start = (name: string, mainClass: string, ready: RegExp) =>
    startDaemon({
      program: java,
      args: [
        ...[
          '-Xmx512m',
          ...OPENED.flatMap((part) => ['--add-opens', `java.base/${part}=ALL-UNNAMED`]),
          '-Djava.net.preferIPv4Stack=true',
        ],
        ...['-cp', `${conf}:${join(jarFolder(stack, 'yarn'), '*')}`, mainClass],
      ],
      env: { ...process.env, HADOOP_USER_NAME: 'sightline' },
      logFile: join(folder, 'logs', name),
      ready,
    });
  const manager = await start(
    'resourcemanager',
    `${SERVER}.resourcemanager.ResourceManager`,
    /Transitioned to active state/,
  );
  const node = await start('nodemanager', `${SERVER}.nodemanager.NodeManager`, /Registered with ResourceManager as/);
  return {
    environment: {
      SPARK_MASTER: 'yarn',
      HADOOP_CONF_DIR: conf,
      SPARK_LOCAL_IP: '127.0.0.1',
      SPARK_SUBMIT_OPTIONS: `--num-executors 1 --executor-cores 2 --executor-memory 1g --conf spark.yarn.jars=local:${home}/jars/* ${ON_LOOPBACK}`,
    },
    async close() {
      await node.close();
      await manager.close();
    },
  };
}

function yarnSite(folder: string, ports: readonly number[]): Settings {
  const [client, scheduler, tracker, admin, web] = ports.map((port) => `127.0.0.1:${port}`) as [
    string,
    string,
    string,
    string,
    string,
  ];
  return {
    'yarn.resourcemanager.hostname': '127.0.0.1',
    'yarn.resourcemanager.address': client,
    'yarn.resourcemanager.scheduler.address': scheduler,
    'yarn.resourcemanager.resource-tracker.address': tracker,
    'yarn.resourcemanager.admin.address': admin,
    'yarn.resourcemanager.webapp.address': web,
    'yarn.resourcemanager.scheduler.class': `${SERVER}.resourcemanager.scheduler.fifo.FifoScheduler`,
    'yarn.nodemanager.hostname': '127.0.0.1',
    'yarn.nodemanager.address': '127.0.0.1:0',
    'yarn.nodemanager.localizer.address': '127.0.0.1:0',
    'yarn.nodemanager.webapp.address': '127.0.0.1:0',
    'yarn.nodemanager.local-dirs': join(folder, 'local'),
    'yarn.nodemanager.log-dirs': join(folder, 'container-logs'),
    'yarn.nodemanager.resource.memory-mb': 4_096,
    'yarn.nodemanager.resource.cpu-vcores': 2,
    'yarn.nodemanager.vmem-check-enabled': false,
    'yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage': 99,
    'yarn.scheduler.minimum-allocation-mb': 256,
  };
}
