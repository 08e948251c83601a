/**
 * Stores: HBase, HDFS, Kafka and ZooKeeper, by the metrics that they show themselves.
 *
 * HBase and the NameNode have an address for Prometheus, Kafka is seen by its exporter, ZooKeeper by its own provider.
 * Labels of HBase and HDFS hold values that change (totalsynctimes), so every question adds up by `instance`.
 */
import { RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { newest, trend } from './datasources.ts';
import { dashboard, figure, graph } from './panels.ts';

const RATE = '[$__rate_interval]';

export function stores(): DashboardBuilder {
  const board = dashboard('Stores', 'sightline-stores', 'HBase, HDFS, Kafka and ZooKeeper').refresh('30s');
  hdfs(hbase(board));
  return zooKeeper(kafka(board));
}

function hbase(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('HBase'))
    .withPanel(
      graph(
        { title: 'Requests', description: 'Reads and writes a second of each region server.', unit: 'reqps' },
        trend(`sum by (instance) (rate(server_read_request_count${RATE}))`, '{{instance}} reads'),
        trend(`sum by (instance) (rate(server_write_request_count${RATE}))`, '{{instance}} writes'),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'Regions',
          description: 'Regions of each region server, and those that are on their way.',
          unit: 'none',
          limits: [200, 1_000],
        },
        trend('max by (instance) (server_region_count)', '{{instance}}'),
        trend('max(assignment_manager_rit_count)', 'on their way'),
      ),
    )
    .withPanel(
      graph(
        { title: 'Memory', description: 'MemStore and block cache of each region server.', unit: 'bytes' },
        trend('max by (instance) (server_mem_store_size)', '{{instance}} MemStore'),
        trend('max by (instance) (server_block_cache_size)', '{{instance}} block cache'),
      ),
    )
    .withPanel(
      graph(
        { title: 'Queues', description: 'Flushes and compactions that wait.', unit: 'short', limits: [20, 100] },
        trend('max by (instance) (server_flush_queue_length)', '{{instance}} flushes'),
        trend('max by (instance) (server_compaction_queue_length)', '{{instance}} compactions'),
      ),
    )
    .withPanel(
      graph(
        { title: 'Store files', description: 'Size of the files of all regions.', unit: 'bytes' },
        trend('max by (instance) (server_store_file_size)', '{{instance}}'),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'Slow and blocked',
          description: 'Slow operations and requests that a full MemStore blocked, a second.',
          unit: 'cps',
        },
        trend(`sum by (instance) (rate(server_slow_put_count${RATE}))`, '{{instance}} slow puts'),
        trend(`sum by (instance) (rate(server_slow_get_count${RATE}))`, '{{instance}} slow gets'),
        trend(`sum by (instance) (rate(server_blocked_request_count${RATE}))`, '{{instance}} blocked'),
      ),
    );
}

function hdfs(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('HDFS'))
    .withPanel(
      figure(
        { title: 'DataNodes', description: 'DataNodes that answer.', unit: 'none' },
        newest('max(fs_namesystem_num_live_data_nodes)', 'live'),
      ),
    )
    .withPanel(
      figure(
        {
          title: 'Missing blocks',
          description: 'Blocks of which no copy answers: data is lost or away.',
          unit: 'none',
          limits: [1, 2],
        },
        newest('max(fs_namesystem_missing_blocks)', 'blocks'),
      ),
    )
    .withPanel(
      figure(
        {
          title: 'Blocks with too few copies',
          description: 'HDFS copies them again by itself.',
          unit: 'none',
          limits: [1, 1_000],
        },
        newest('max(fs_namesystem_low_redundancy_blocks)', 'blocks'),
      ),
    )
    .withPanel(
      figure(
        {
          title: 'Full',
          description: 'Share of the capacity that is not free.',
          unit: 'percentunit',
          limits: [0.8, 0.9],
        },
        newest('1 - max(fs_namesystem_capacity_remaining) / max(fs_namesystem_capacity_total)', 'full'),
      ),
    )
    .withPanel(
      graph(
        { title: 'Capacity', description: 'What HDFS uses and what is free.', unit: 'bytes' },
        trend('max(fs_namesystem_capacity_used)', 'used'),
        trend('max(fs_namesystem_capacity_remaining)', 'free'),
      ),
    )
    .withPanel(
      graph(
        { title: 'Files and blocks', description: 'They all stand in the memory of the NameNode.', unit: 'short' },
        trend('max(fs_namesystem_files_total)', 'files'),
        trend('max(fs_namesystem_blocks_total)', 'blocks'),
      ),
    );
}

function kafka(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('Kafka'))
    .withPanel(
      figure(
        {
          title: 'Partitions with too few replicas',
          description: 'A broker is away or behind.',
          unit: 'none',
          limits: [1, 2],
        },
        newest('sum(kafka_topic_partition_under_replicated_partition)', 'partitions'),
      ),
    )
    .withPanel(
      figure(
        {
          title: 'Partitions without a leader',
          description: 'Nobody can write to them or read them.',
          unit: 'none',
          limits: [1, 2],
        },
        newest('count(kafka_topic_partition_leader < 0) or vector(0)', 'partitions'),
      ),
    )
    .withPanel(
      graph(
        { title: 'Records in the log', description: 'Records that each topic holds.', unit: 'short' },
        trend(
          'sum by (topic) (kafka_topic_partition_current_offset - kafka_topic_partition_oldest_offset)',
          '{{topic}}',
        ),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'Lag of the groups',
          description: 'Age of the first record that each group has not read.',
          unit: 's',
          limits: [10, 60],
          span: 24,
        },
        trend('max by (consumergroup, topic) (kafka_consumergroup_lag_seconds)', '{{consumergroup}} {{topic}}'),
      ),
    );
}

function zooKeeper(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('ZooKeeper'))
    .withPanel(
      graph(
        {
          title: 'Requests that wait',
          description: 'More than a few mean that its disk is slow.',
          unit: 'short',
          limits: [10, 100],
        },
        trend('max by (instance) (outstanding_requests or zk_outstanding_requests)', '{{instance}}'),
      ),
    )
    .withPanel(
      graph(
        { title: 'Connections', description: 'Clients of each server.', unit: 'short' },
        trend('max by (instance) (num_alive_connections or zk_num_alive_connections)', '{{instance}}'),
      ),
    );
}
