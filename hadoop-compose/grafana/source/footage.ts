/**
 * Footage: pictures and films from the cameras' hand-over through Flume into HDFS, and what goes from there again.
 *
 * The agent of each gateway, settling, the analysis and packing show these metrics. Packing shows them where it goes on
 * (`--every`); what it is for is seen in the files of the NameNode too.
 */
import { RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { newest, trend } from './datasources.ts';
import { dashboard, figure, graph } from './panels.ts';

const RATE = '[$__rate_interval]';
const quantile = (of: number): string =>
  `histogram_quantile(${of}, sum by (le) (rate(sightline_footage_settled_after_seconds_bucket${RATE})))`;

export function footage(): DashboardBuilder {
  const board = dashboard('Footage', 'sightline-footage', 'Pictures and films: handed over, in HDFS, removed');
  return packing(kept(gone(cameras(waiting(wayIn(now(board)))))));
}

function now(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('Now'))
    .withPanel(
      figure(
        {
          title: 'Oldest that waits',
          description: 'How long the oldest file has waited on a gateway, or in HDFS to be settled.',
          unit: 's',
          limits: [60, 300],
        },
        newest('max(sightline_footage_oldest_waiting_seconds{kind!="open"})', 'oldest'),
      ),
    )
    .withPanel(
      figure(
        {
          title: 'Last file settled',
          description: 'Time since a file became visible.',
          unit: 's',
          limits: [300, 3_600],
        },
        newest('time() - max(sightline_footage_last_settled_timestamp_seconds > 0)', 'ago'),
      ),
    )
    .withPanel(
      figure(
        {
          title: 'Set aside',
          description: 'In the last day, on gateways and in HDFS. `sightline footage rejected` lists them.',
          unit: 'none',
          limits: [1, 1_000],
        },
        newest('sum(increase(sightline_footage_rejected_files_total[1d]))', 'files'),
      ),
    )
    .withPanel(
      figure(
        {
          title: 'Flume died',
          description: 'How often in the last hour. The agent starts it again.',
          unit: 'none',
          limits: [1, 5],
        },
        newest('sum(increase(sightline_footage_flume_deaths_total[1h]))', 'times'),
      ),
    );
}

function wayIn(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('From the cameras into HDFS'))
    .withPanel(
      graph(
        {
          title: 'Handed over',
          description: 'Files a second that agents took. A copy has the content of a file that went before.',
          unit: 'cps',
        },
        trend(`sum by (result) (rate(sightline_footage_taken_files_total${RATE}))`, '{{result}}'),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'Arrived in HDFS',
          description: 'Files a second by what settling did with them. Recovered ones are settled too.',
          unit: 'cps',
        },
        trend(`sum by (result) (rate(sightline_footage_files_total${RATE}))`, '{{result}}'),
      ),
    )
    .withPanel(
      graph(
        { title: 'Bytes', description: 'Bytes a second, on the gateways and in HDFS.', unit: 'Bps' },
        trend(`sum(rate(sightline_footage_taken_bytes_total${RATE}))`, 'passed on to Flume'),
        trend(`sum(rate(sightline_footage_bytes_total${RATE}))`, 'settled'),
      ),
    );
}

function waiting(board: DashboardBuilder): DashboardBuilder {
  return board
    .withPanel(
      graph(
        {
          title: 'Time until it is visible',
          description:
            "From the time in a file's name until readers see it. A camera that hands over late counts as late.",
          unit: 's',
          limits: [60, 300],
        },
        trend(quantile(0.5), 'half of them'),
        trend(quantile(0.99), '99 of 100'),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'Files that wait',
          description: 'In the hand-over and the spool of gateways; in HDFS arrived, and open while Flume writes.',
          unit: 'short',
        },
        trend('sum by (kind) (sightline_footage_waiting_files)', '{{kind}}'),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'Age of the oldest that waits',
          description: 'By where it waits. An alert fires after five minutes.',
          unit: 's',
          limits: [60, 300],
        },
        trend('max by (kind) (sightline_footage_oldest_waiting_seconds)', '{{kind}}'),
      ),
    );
}

function cameras(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('What the analysis finds'))
    .withPanel(
      graph(
        {
          title: 'Cameras by state',
          description: 'By the latest hour that was analysed. The page Cameras and the API name them.',
          unit: 'none',
        },
        trend('max by (state) (sightline_footage_cameras)', '{{state}}'),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'Analysed',
          description:
            'Frames and films in each hour before, those that nobody could decode, and analyses that failed.',
          unit: 'short',
        },
        trend('sum by (kind) (increase(sightline_footage_analysed_files_total[1h]))', '{{kind}}'),
        trend('sum(increase(sightline_footage_analysis_failures_total[1h]))', 'failed analyses'),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'Analysis behind',
          description: 'Time since the end of the latest epoch that is analysed.',
          unit: 's',
        },
        trend('time() - max(sightline_footage_analysed_epoch > 0)', 'behind'),
      ),
    )
    .withPanel(
      graph(
        { title: 'Time of an analysis', description: 'Mean of the last hour.', unit: 's' },
        trend(
          'sum(increase(sightline_footage_analysis_seconds_sum[1h])) / ' +
            'sum(increase(sightline_footage_analysis_seconds_count[1h]))',
          'mean',
        ),
      ),
    );
}

function gone(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('Set aside and removed'))
    .withPanel(
      graph(
        { title: 'Set aside by reason', description: 'Files in each hour before.', unit: 'short' },
        trend('sum by (reason) (increase(sightline_footage_rejected_files_total[1h]))', '{{reason}}'),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'Removed',
          description:
            'Files in each hour before: too old (retention), or covered by an erase order when they arrived.',
          unit: 'short',
        },
        trend('sum(increase(sightline_footage_pruned_files_total[1h]))', 'too old'),
        trend('sum(increase(sightline_footage_files_total{result="erased"}[1h]))', 'erased on arrival'),
      ),
    );
}

function kept(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('Kept and looked at'))
    .withPanel(
      graph(
        {
          title: 'Bytes that come and go',
          description: 'Settled, and removed because of their age, in each day before.',
          unit: 'bytes',
        },
        trend('sum(increase(sightline_footage_bytes_total[1d]))', 'settled'),
        trend('sum(increase(sightline_footage_pruned_bytes_total[1d]))', 'too old'),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'Files of the NameNode',
          description:
            'All files of HDFS, in its memory. `sightline footage pack` writes thousands of frames into one.',
          unit: 'short',
        },
        trend('max(fs_namesystem_files_total)', 'files'),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'Looked at',
          description: 'Answers a second of the API for footage, by status.',
          unit: 'reqps',
          span: 24,
        },
        trend(
          `sum by (status) (rate(sightline_api_requests_total{route=~".*footage.*"}${RATE})) or vector(0)`,
          '{{status}}',
        ),
      ),
    );
}

function packing(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('Packing'))
    .withPanel(
      graph(
        {
          title: 'Packed',
          description: 'In each day before: frames written into packs, originals removed for it, passes that failed.',
          unit: 'short',
        },
        trend('sum(increase(sightline_footage_packed_frames_total[1d]))', 'frames'),
        trend('sum(increase(sightline_footage_packed_originals_removed_total[1d]))', 'originals removed'),
        trend('sum by (reason) (increase(sightline_footage_pack_failures_total[1d]))', 'failed: {{reason}}'),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'Last packing',
          description:
            'Time since a pass ended well. Packing that goes on with `--every` does so after each of its pauses.',
          unit: 's',
        },
        trend('time() - max(sightline_footage_pack_last_success_timestamp_seconds > 0)', 'ago'),
      ),
    );
}
