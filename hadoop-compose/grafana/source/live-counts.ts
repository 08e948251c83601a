/**
 * Live counts: what was detected, where, how many, and how fresh that is.
 *
 * Trends come from Prometheus, tables from the API with the window and the place that are chosen: joined, each
 * detection once. `$location` is a place's oid or `all`.
 */
import { QueryVariableBuilder, RowBuilder, VariableRefresh } from '@grafana/grafana-foundation-sdk/dashboard';
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { API, infinityJson, newest, trend } from './datasources.ts';
import { dashboard, figure, graph, number, table, text, time } from './panels.ts';

const WINDOW = 'from=${__from}&to=${__to}';
const AT_PLACE = `location=\${location}&${WINDOW}`;

const PLACES = {
  path: 'locations',
  rows: 'locations',
  columns: [text('geographical_location', '__text'), text('geographical_location_oid', '__value')],
};

export function liveCounts(): DashboardBuilder {
  const place = new QueryVariableBuilder('location')
    .label('Place')
    .datasource(API)
    .query({ queryType: 'infinity', query: '', infinityQuery: infinityJson(PLACES) })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .includeAll(true)
    .allValue('all')
    .current({ selected: true, text: 'All', value: '$__all' });
  const what = 'What the cameras see now: each detection once, with its place';
  const board = dashboard('Live counts', 'sightline-live', what).withVariable(place);
  trends(now(board));
  return exact(board);
}

function now(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('Now'))
    .withPanel(
      figure(
        {
          title: 'Detections in the last hour',
          description: 'All places and items, as the API counts them.',
          unit: 'short',
        },
        newest('max(sightline_recent_detections)', 'detections'),
      ),
    )
    .withPanel(
      figure(
        {
          title: 'Detections a second',
          description: 'New detections that the speed layer counts, copies left out.',
          unit: 'cps',
        },
        newest('sum(rate(sightline_speed_records_total{outcome="new"}[$__rate_interval]))', 'new'),
      ),
    )
    .withPanel(
      figure(
        {
          title: 'Behind the log',
          description: 'How far the newest answer is behind the end of the log. The objective is 2 s for 99 of 100.',
          unit: 's',
          limits: [2, 10],
        },
        newest('max(sightline_freshness_seconds)', 'behind'),
      ),
    )
    .withPanel(
      figure(
        { title: 'Places with detections', description: 'Different places in the last hour.', unit: 'short' },
        newest('max(sightline_recent_locations)', 'places'),
      ),
    );
}

function trends(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('Trends'))
    .withPanel(
      graph(
        {
          title: 'Most counted items',
          description: 'Detections of the last hour, at each moment; all others are one line.',
          unit: 'short',
        },
        trend('max by (item, top) (sightline_recent_item_detections)', '{{item}}'),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'Busiest places',
          description: 'Detections of the last hour, at each moment; all others are one line.',
          unit: 'short',
        },
        trend('max by (location, name, top) (sightline_recent_location_detections)', '{{name}} ({{location}})'),
      ),
    )
    .withPanel(
      graph(
        {
          title: 'New detections and copies',
          description: 'What the speed layer reads. Copies are told apart and never counted.',
          unit: 'cps',
          span: 24,
        },
        trend('sum by (outcome) (rate(sightline_speed_records_total[$__rate_interval]))', '{{outcome}}'),
      ),
    );
}

function exact(board: DashboardBuilder): DashboardBuilder {
  return board
    .withRow(new RowBuilder('Exact, in the chosen window and place'))
    .withPanel(
      table(
        { title: 'Top items', description: 'Joined and without duplicates; the window is aligned to whole minutes.' },
        {
          path: `top-items?${AT_PLACE}&limit=50`,
          rows: 'items',
          columns: [number('item_rank', 'Rank'), text('item_name', 'Item'), number('count', 'Detections')],
        },
      ),
    )
    .withPanel(
      table(
        { title: 'Places', description: 'Every place that was counted or that the table of places knows.' },
        {
          path: `locations?${WINDOW}`,
          rows: 'locations',
          columns: [
            text('geographical_location', 'Place'),
            text('geographical_location_oid', 'Place oid'),
            number('count', 'Detections'),
          ],
        },
      ),
    )
    .withPanel(
      table(
        { title: 'Minute by minute', description: 'Detections in each minute of the window, at the chosen place.' },
        {
          path: `timeline?${AT_PLACE}&step=60`,
          rows: 'points',
          columns: [time('t', 'Minute'), number('count', 'Detections')],
        },
      ),
    )
    .withPanel(
      table(
        { title: 'Latest detections', description: 'The newest 100 of the window, at the chosen place.' },
        {
          path: `detections?${AT_PLACE}&limit=100`,
          rows: 'detections',
          columns: [
            time('timestamp_detected', 'Detected'),
            text('item_name', 'Item'),
            text('geographical_location', 'Place'),
            text('video_camera_oid', 'Camera'),
            text('detection_oid', 'Detection'),
          ],
        },
      ),
    );
}
