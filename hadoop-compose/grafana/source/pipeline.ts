/** Pipeline: a record's way from Kafka over the speed layer and HBase to an answer, lag and latency of each step. */
import { RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { newest, trend } from './datasources.ts';
import { dashboard, figure, graph, number, table, time } from './panels.ts';

const RATE = '[$__rate_interval]';
const quantile = (of: number, histogram: string, by = ''): string =>
  `histogram_quantile(${of}, sum by (${by === '' ? 'le' : `le, ${by}`}) (rate(${histogram}_bucket${RATE})))`;

export function pipeline(): DashboardBuilder {
  const board = dashboard('Pipeline', 'sightline-pipeline', 'From Kafka to an answer: rates, lag and latency by step');
  rounds(speed(kafka(board)));
  serving(stores(board));
  return resources(board);
}

function kafka(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('Kafka'))
    .withPanel(
      figure(
        { title: 'Brokers', description: 'Brokers that the exporter sees.', unit: 'none', span: 4 },
        newest('max(kafka_brokers)', 'brokers'),
      ),
    )
    .withPanel(
      figure(
        {
          title: 'Records that wait',
          description: 'Records that the speed layer has not committed.',
          unit: 'short',
          span: 4,
          limits: [100_000, 1_000_000],
        },
        newest('sum(kafka_consumergroup_lag_sum{consumergroup=~".*speed.*"}) or vector(0)', 'records'),
      ),
    )
    .withPanel(
      figure(
        {
          title: 'Partitions that are held',
          description: 'Partitions that wait before a stamp from the future, or for a growth.',
          unit: 'none',
          span: 4,
          limits: [1, 2],
        },
        newest(
          'sum(sightline_speed_partitions_held) + (count(sightline_speed_stamps_ahead_seconds) or vector(0))',
          'held',
        ),
      ),
    )
    .withPanel(
      graph(
        { title: 'Records into the log', description: 'Records a second that each topic takes.', unit: 'cps' },
        trend(`sum by (topic) (rate(kafka_topic_partition_current_offset${RATE}))`, '{{topic}}'),
      ),
    );
}

function speed(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('Speed layer'))
    .withPanel(
      graph(
        {
          title: 'Behind the log',
          description: 'Age of the last record that each partition has counted; 0 at the end of the log.',
          unit: 's',
          limits: [2, 60],
        },
        trend('max by (partition) (sightline_speed_lag_seconds)', 'partition {{partition}}'),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'From the log to HBase',
          description: 'Time from Kafka taking a record to its effects being in HBase.',
          unit: 's',
          limits: [1, 2],
        },
        trend(quantile(0.5, 'sightline_speed_publish_to_visible_seconds'), 'half of them'),
        trend(quantile(0.99, 'sightline_speed_publish_to_visible_seconds'), '99 of 100'),
      ),
    )
    .withPanel(
      graph(
        { title: 'Records by what they were', description: 'Each record is one of these six.', unit: 'cps' },
        trend(`sum by (outcome) (rate(sightline_speed_records_total${RATE}))`, '{{outcome}}'),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'Dead letters by reason',
          description: 'Records that cannot be detections, in each hour before.',
          unit: 'short',
        },
        trend('sum by (reason) (increase(sightline_speed_dead_letters_total[1h])) or vector(0)', '{{reason}}'),
      ),
    );
}

function rounds(board: DashboardBuilder): DashboardBuilder {
  return board
    .withPanel(
      graph(
        { title: 'Time of a round', description: 'A round reads, decides, writes and commits.', unit: 's' },
        trend(quantile(0.5, 'sightline_speed_round_seconds'), 'half of them'),
        trend(quantile(0.99, 'sightline_speed_round_seconds'), '99 of 100'),
      ),
    )
    .withPanel(
      graph(
        { title: 'Records in a round', description: 'Larger rounds write fewer cells for each record.', unit: 'short' },
        trend(
          `sum(rate(sightline_speed_round_records_sum${RATE})) / sum(rate(sightline_speed_round_records_count${RATE}))`,
          'mean',
        ),
      ),
    )
    .withPanel(
      table(
        { title: 'Partitions, worst first', description: 'How far each is behind, from the API.', span: 24 },
        {
          path: 'trust',
          rows: 'partitions',
          columns: [
            number('partition', 'Partition'),
            number('behind_seconds', 'Seconds behind'),
            number('behind_records', 'Records behind'),
            time('as_of', 'Complete up to'),
            number('tallies.new', 'New'),
            number('tallies.copies', 'Copies'),
            number('tallies.strays', 'Strays'),
            number('tallies.deferred', 'Deferred'),
            number('tallies.dead_letters', 'Dead letters'),
          ],
        },
      ),
    );
}

function stores(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('HBase, as our clients see it'))
    .withPanel(
      graph(
        {
          title: 'Calls of the speed layer',
          description: '99 of 100 calls to a store take no longer.',
          unit: 's',
          limits: [0.5, 2],
        },
        trend(quantile(0.99, 'sightline_store_seconds', 'store, operation'), '{{store}} {{operation}}'),
      ),
    )
    .withPanel(
      graph(
        { title: 'Steps tried again', description: 'A store was away or too slow for these.', unit: 'cps' },
        trend(`sum by (dependency) (rate(sightline_speed_retries_total${RATE})) or vector(0)`, '{{dependency}}'),
        trend(`sum by (kind) (rate(sightline_hbase_events_total${RATE})) or vector(0)`, 'serving: {{kind}}'),
      ),
    );
}

function serving(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('Serving'))
    .withPanel(
      graph(
        { title: 'Answers', description: 'Answers a second by status; 499: the client has left.', unit: 'reqps' },
        trend(`sum by (status) (rate(sightline_api_requests_total${RATE}))`, '{{status}}'),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'Time to an answer',
          description: '99 of 100 answers of each route take no longer. The objective is 200 ms.',
          unit: 's',
          limits: [0.2, 1],
        },
        trend(quantile(0.99, 'sightline_api_request_seconds', 'route'), '{{route}}'),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'Answers that failed',
          description: 'Share of answers with status 5xx. The objective is 0.1 %.',
          unit: 'percentunit',
          limits: [0.001, 0.01],
        },
        trend(
          `(sum(rate(sightline_api_requests_total{status=~"5.."}${RATE})) or vector(0)) / ` +
            `sum(rate(sightline_api_requests_total${RATE}))`,
          'failed',
        ),
      ),
    )
    .withPanel(
      graph(
        { title: 'Streams', description: 'Open streams, and the different questions that they ask.', unit: 'short' },
        trend('sum(sightline_stream_connections)', 'connections'),
        trend('sum(sightline_stream_questions)', 'questions'),
      ),
    );
}

function resources(board: DashboardBuilder): DashboardBuilder {
  return board
    .withPanel(
      graph(
        {
          title: 'Reads that wait',
          description: 'Reads of HBase and look-ups in the lake, running and waiting.',
          unit: 'short',
        },
        trend('sum by (queue, state) (sightline_queue)', '{{queue}} {{state}}'),
      ),
    )
    .withPanel(
      graph(
        { title: 'Memory and counts in it', description: 'Resident memory of each process.', unit: 'bytes' },
        trend('sum by (process) (process_resident_memory_bytes{process!=""})', '{{process}}'),
        trend('sum(sightline_count_cache_bytes)', 'remembered counts'),
      ),
    )
    .withPanel(
      graph(
        { title: 'CPU', description: 'Cores that each kind of process uses.', unit: 'none', span: 24 },
        trend(`sum by (process) (rate(process_cpu_seconds_total{process!=""}${RATE}))`, '{{process}}'),
      ),
    );
}
