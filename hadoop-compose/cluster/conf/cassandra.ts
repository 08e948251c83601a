/**
 * The configuration of a node of Cassandra: small memory, on loopback, nothing that a stack does not use.
 *
 * JSON is YAML, so values are written as JSON. Batches of one partition have no limit of their own; those across
 * partitions are a hundred small rows, more than Cassandra warns of by default.
 *
 * A node has one token, because each of three nodes holds every row anyhow: a node that takes the place of a lost one
 * repairs the state of Paxos for every table and every range. With 16 tokens a node that was 768 repairs with a write
 * to disk each, three minutes on a busy machine. A stack that was started with 16 keeps them: Cassandra refuses another
 * number.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressOfNode, nameOfNode } from '../../stack/cassandra-nodes.ts';
import { confFolder, dataFolder } from '../../stack/stack.ts';
import type { Stack } from '../../stack/stack.ts';

export function cassandraYaml(stack: Stack, node: number): string {
  const address = addressOfNode(node);
  const data = dataFolder(stack, nameOfNode(node));
  const { cassandra, cassandraStorage } = stack.ports;
  const settings = {
    cluster_name: 'sightline',
    ...tokensOf(stack, node),
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    data_file_directories: [`${data}/data`],
    commitlog_directory: `${data}/commitlog`,
    saved_caches_directory: `${data}/saved_caches`,
    hints_directory: `${data}/hints`,
    cdc_raw_directory: `${data}/cdc_raw`,
    seed_provider: [
      {
        class_name: 'org.apache.cassandra.locator.SimpleSeedProvider',
        parameters: [{ seeds: `${addressOfNode(1)}:${cassandraStorage}` }],
      },
    ],
    listen_address: address,
    rpc_address: address,
    native_transport_port: cassandra,
    storage_port: cassandraStorage,
    // Each carries out one batch, row by row, and waits for the commit log with each row.
    native_transport_max_threads: 48,
    endpoint_snitch: 'SimpleSnitch',
    // All nodes begin empty, so none has anything to send to the next.
    auto_bootstrap: false,
    // Times to live may end after 2038.
    storage_compatibility_mode: 'NONE',
    sstable: { selected_format: 'bti' },
    memtable: { configurations: { default: { class_name: 'TrieMemtable' } } },
    memtable_heap_space: '96MiB',
    memtable_offheap_space: '64MiB',
    memtable_flush_writers: 1,
    // By default a write is acknowledged before it is on the disk, and a node that is killed forgets what it has
    // acknowledged in the last 100 ms. A write waits here until it is there, and many writes wait together. A shorter
    // window costs an idle node 3 % of a core; with 5 ms a backlog went at a seventh of the speed.
    commitlog_sync: 'group',
    commitlog_sync_group_window: '1ms',
    commitlog_segment_size: '16MiB',
    commitlog_total_space: '128MiB',
    concurrent_reads: 8,
    // Threads that wait for the disk most of the time.
    concurrent_writes: 128,
    concurrent_counter_writes: 2,
    concurrent_materialized_view_writes: 2,
    concurrent_compactors: 1,
    compaction_throughput: '64MiB/s',
    key_cache_size: '8MiB',
    row_cache_size: '0MiB',
    counter_cache_size: '0MiB',
    networking_cache_size: '16MiB',
    auto_snapshot: false,
    ...ON_FAULTS,
    paxos_variant: 'v2',
    batch_size_warn_threshold: '128KiB',
    batch_size_fail_threshold: '1024KiB',
    unlogged_batch_across_partitions_warn_threshold: 1_000,
    tombstone_warn_threshold: 20_000,
    tombstone_failure_threshold: 1_000_000,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
    .join('');
}

const ON_FAULTS = {
  disk_failure_policy: 'stop',
  commit_failure_policy: 'stop',
  // Else a request of a node whose clock is behind counts as overdue where the clock is ahead, and is dropped.
  internode_timeout: false,
};

const TOKENS_OF_OLD = 16;
const RING = 1n << 64n;
const FIRST_TOKEN = 1n - (1n << 63n);
const NODES = 3n;

function tokensOf(stack: Stack, node: number): Record<string, string | number> {
  if (tokensSaid(join(confFolder(stack, 'cassandra'), `${nameOfNode(node)}.yaml`)) === TOKENS_OF_OLD)
    return { num_tokens: TOKENS_OF_OLD, allocate_tokens_for_local_replication_factor: 3 };
  return { num_tokens: 1, initial_token: String(FIRST_TOKEN + (RING * BigInt(node - 1)) / NODES) };
}

/** By the file of the start before. */
function tokensSaid(file: string): number | undefined {
  try {
    return Number(/^num_tokens: (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

/** Cassandra logs through Logback: a file, five old ones of 20 MB kept, as the other daemons do (logging.ts). */
export const logbackXml = `<configuration>
  <appender name="file" class="ch.qos.logback.core.rolling.RollingFileAppender">
    <file>\${sightline.log}</file>
    <rollingPolicy class="ch.qos.logback.core.rolling.FixedWindowRollingPolicy">
      <fileNamePattern>\${sightline.log}.%i</fileNamePattern>
      <maxIndex>5</maxIndex>
    </rollingPolicy>
    <triggeringPolicy class="ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy">
      <maxFileSize>20MB</maxFileSize>
    </triggeringPolicy>
    <encoder>
      <pattern>%d{yyyy-MM-dd HH:mm:ss.SSS,UTC} %-5p [%t] %c{0}: %m%n</pattern>
    </encoder>
  </appender>
  <root level="INFO">
    <appender-ref ref="file" />
  </root>
</configuration>
`;
