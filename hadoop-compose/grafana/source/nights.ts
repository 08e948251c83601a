/** Nights: what the batch layer publishes, whether it proves the speed layer right, and how the lake grows. */
import { RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { newest, trend } from './datasources.ts';
import { dashboard, figure, graph, number, table, text, time } from './panels.ts';

export function nights(): DashboardBuilder {
  const board = dashboard('Nights', 'sightline-nights', 'Runs of the batch layer: published, proved, repaired')
    .time({ from: 'now-7d', to: 'now' })
    .refresh('1m');
  runs(now(board));
  return exact(board);
}

function now(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('Now'))
    .withPanel(
      figure(
        {
          title: 'Epochs that wait',
          description: 'Epochs that are over and not published.',
          unit: 'none',
          limits: [1, 2],
        },
        newest('max(sightline_batch_behind_epochs)', 'epochs'),
      ),
    )
    .withPanel(
      figure(
        {
          title: 'Differences',
          description: 'Cells in which the two layers disagreed, in the last seven days. Each was repaired.',
          unit: 'none',
          limits: [1, 100],
        },
        newest('sum(increase(sightline_batch_differences_total[7d])) or vector(0)', 'cells'),
      ),
    )
    .withPanel(
      figure(
        {
          title: 'Runs that failed',
          description: 'In the last day. The scheduler tries again.',
          unit: 'none',
          limits: [1, 3],
        },
        newest('sum(increase(sightline_batch_runs_total{result="failed"}[1d])) or vector(0)', 'runs'),
      ),
    )
    .withPanel(
      figure(
        {
          title: 'Partitions that are held',
          description: 'A run stopped before a stamp from the future.',
          unit: 'none',
          limits: [1, 2],
        },
        newest('max(sightline_batch_partitions_held) or vector(0)', 'partitions'),
      ),
    );
}

function runs(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('Runs'))
    .withPanel(
      graph(
        {
          title: 'Runs by result',
          description: 'proved: both layers agree, and all of it was compared.',
          unit: 'short',
        },
        trend('sum by (result) (increase(sightline_batch_runs_total[$__rate_interval])) or vector(0)', '{{result}}'),
      ),
    )
    .withPanel(
      graph(
        { title: 'Time of the steps', description: 'Mean time of each step of a run.', unit: 's' },
        trend(
          'sum by (step) (increase(sightline_batch_step_seconds_sum[1d])) / ' +
            'sum by (step) (increase(sightline_batch_step_seconds_count[1d]))',
          '{{step}}',
        ),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'Records of published epochs',
          description: 'What became of them, in each day before.',
          unit: 'short',
        },
        trend('sum by (outcome) (increase(sightline_batch_records_total[1d]))', '{{outcome}}'),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'Rows',
          description: 'Published to the lake and removed from the speed view, in each day before.',
          unit: 'short',
        },
        trend('sum(increase(sightline_batch_rows_total[1d]))', 'published'),
        trend('sum(increase(sightline_batch_pruned_rows_total[1d]))', 'pruned'),
      ),
    );
}

function exact(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('Exact'))
    .withPanel(
      table(
        {
          title: 'Reports',
          description: 'The newest 50 published epochs. The answer is for operators.',
          span: 24,
          height: 10,
        },
        {
          path: 'runs?limit=50',
          rows: 'runs',
          columns: [
            text('epoch', 'Epoch'),
            text('result', 'Result'),
            time('published_at', 'Published'),
            number('took_ms', 'Took (ms)'),
            number('records', 'Records'),
            number('rows', 'Rows'),
            number('bytes', 'Size'),
            number('differences', 'Differences'),
            number('conflicts', 'Conflicts'),
            number('tallies.copies', 'Copies'),
            number('tallies.dead_letters', 'Dead letters'),
            number('unknown_locations', 'Unknown places'),
          ],
        },
      ),
    )
    .withPanel(
      table(
        { title: 'Lake', description: 'Days of detection, newest first.', span: 24, height: 10 },
        {
          path: 'lake',
          rows: 'days',
          columns: [
            text('date', 'Day'),
            text('state', 'State'),
            number('rows', 'Rows'),
            number('bytes', 'Size'),
            number('files', 'Files'),
          ],
        },
      ),
    );
}
