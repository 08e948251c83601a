/**
 * Flume as the agent runs it: its configuration and its command line, as text. Pure; flume-process.ts runs it.
 *
 * One source reads the spool, one event a file (BlobDeserializer), a file channel keeps events over a crash, and a few
 * sinks write one file an event into `footage/_arriving`. Flume delivers at least once: after a kill it sends again
 * what it had not confirmed, and may leave `.tmp` files; settle.ts puts both right. The settings that matter:
 * maxBlobLength (a longer file would be split), serializer.appendNewline=false (a line feed would be added), rollCount
 * and batchSize of 1 (one file an event).
 */
import { join } from 'node:path';
import { ARRIVING } from '../core/layout/footage.ts';
import type { FileSystem } from '../core/stores/hdfs/file-system.ts';
import type { Folders } from './folders.ts';
import { LEAST_FREE_BYTES } from './full-disk.ts';

const MB = 1 << 20;
const AGENT_NAME = 'footage';

export interface FlumePlan {
  readonly folders: Folders;
  readonly fileSystem: FileSystem;
  /** SIGHTLINE_ROOT. */
  readonly root: string;
  readonly greatestBytes: number;
  readonly sinks: number;
}

export function flumeProperties({ folders, fileSystem, root, greatestBytes, sinks }: FlumePlan): string {
  const names = Array.from({ length: sinks }, (_, i) => `hdfs${i + 1}`);
  return lines({
    sources: 'spool',
    channels: 'file',
    sinks: names.join(' '),
    'sources.spool': {
      type: 'spooldir',
      channels: 'file',
      spoolDir: folders.spool,
      // Only what the agent named.
      includePattern: '^-?\\\\d+_\\\\d+_.+\\\\.(jpg|png|mp4)$',
      deletePolicy: 'immediate',
      pollDelay: 200,
      maxBackoff: 500,
      // By age it would look at every file of the spool for each one.
      consumeOrder: 'random',
      batchSize: 1,
      basenameHeader: true,
      basenameHeaderKey: 'basename',
      trackerDir: join(folders.flume, 'tracker'),
      deserializer: 'org.apache.flume.sink.solr.morphline.BlobDeserializer$Builder',
      'deserializer.maxBlobLength': greatestBytes + 1,
    },
    'channels.file': {
      type: 'file',
      checkpointDir: join(folders.flume, 'checkpoint'),
      dataDirs: join(folders.flume, 'data'),
      capacity: 1_000,
      transactionCapacity: 10,
      // Two of them are kept. A small gateway's disk has room for that, and a full one is free again soon.
      maxFileSize: Math.max(64 * MB, 2 * greatestBytes),
      minimumRequiredSpace: LEAST_FREE_BYTES / 2,
    },
    ...Object.fromEntries(
      names.map((name) => [
        `sinks.${name}`,
        {
          type: 'hdfs',
          channel: 'file',
          'hdfs.path': `${fileSystem.url}${root}/${ARRIVING}`,
          'hdfs.filePrefix': '%{basename}',
          'hdfs.inUseSuffix': '.tmp',
          'hdfs.fileType': 'DataStream',
          'hdfs.batchSize': 1,
          'hdfs.rollCount': 1,
          'hdfs.rollSize': 0,
          'hdfs.rollInterval': 0,
          'hdfs.idleTimeout': 2,
          'hdfs.callTimeout': 60_000,
          serializer: 'TEXT',
          'serializer.appendNewline': false,
        },
      ]),
    ),
  });
}

type Values = { readonly [name: string]: string | number | boolean | Values };

function lines(values: Values, prefix: string = AGENT_NAME): string {
  return Object.entries(values)
    .map(([name, value]) =>
      typeof value === 'object' ? lines(value, `${prefix}.${name}`) : `${prefix}.${name} = ${value}\n`,
    )
    .join('');
}

/** What Hadoop's client in Flume reads; a cluster's own HADOOP_CONF_DIR comes before it. */
export function hadoopSite({ replication }: FileSystem): string {
  const settings = {
    'dfs.client.block.write.replace-datanode-on-failure.best-effort': 'true',
    // A DataNode often reports a block just after its writer closed the file; Hadoop would wait 400 ms then, so that
    // a sink wrote two or three files a second.
    'dfs.client.block.write.locateFollowingBlock.initial.delay.ms': 25,
    'dfs.client.block.write.locateFollowingBlock.retries': 10,
    ...(replication === undefined ? {} : { 'dfs.replication': replication }),
  };
  const properties = Object.entries(settings).map(
    ([name, value]) => `  <property><name>${name}</name><value>${value}</value></property>`,
  );
  return ['<?xml version="1.0"?>', '<configuration>', ...properties, '</configuration>', ''].join('\n');
}

/**
 * Everything after `java`. The heap holds the largest file about four times: what was read, the event, and the copies
 * that channel and sink make of it.
 */
export function flumeArguments(plan: {
  jars: string;
  folders: Folders;
  hadoopConf: string | undefined;
  greatestBytes: number;
  mark: string;
}): string[] {
  const heapMb = 160 + Math.ceil((4 * plan.greatestBytes) / MB);
  const own = join(plan.folders.flume, 'conf');
  return [
    `-Xmx${heapMb}m`,
    '-XX:+UseSerialGC',
    '-XX:+ExitOnOutOfMemoryError',
    `-Dsightline.part-of=${plan.mark}`,
    '-Dfile.encoding=UTF-8',
    '-Djava.net.preferIPv4Stack=true',
    '-Djava.awt.headless=true',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss',
    '-cp',
    [...(plan.hadoopConf === undefined ? [] : [plan.hadoopConf]), own, join(plan.jars, '*')].join(':'),
    'org.apache.flume.node.Application',
    '--name',
    AGENT_NAME,
    '--conf-file',
    join(own, 'flume.properties'),
    '--no-reload-conf',
  ];
}
