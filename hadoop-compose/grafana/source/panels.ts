/** The three kinds of panels that our dashboards are made of, and their common looks: each with unit and legend. */
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  TooltipDisplayMode,
} from '@grafana/grafana-foundation-sdk/common';
import { VizLegendOptionsBuilder, VizTooltipOptionsBuilder } from '@grafana/grafana-foundation-sdk/common';
import { DashboardBuilder, ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { ApiQuestion, Column } from './datasources.ts';
import { API, ask, PROMETHEUS } from './datasources.ts';

/** Grafana's names of units. */
export type Unit = 'short' | 's' | 'ms' | 'cps' | 'bytes' | 'percentunit' | 'reqps' | 'Bps' | 'decmbytes' | 'none';

interface Wishes {
  readonly title: string;
  /** What the panel shows, and what is good. */
  readonly description: string;
  readonly unit: Unit;
  /** Of 24. */
  readonly span?: number;
  readonly height?: number;
  /** From here on a value is a warning, and from there on a fault. */
  readonly limits?: readonly [warning: number, fault: number];
}

const HEIGHT = 8;
const STAT_HEIGHT = 4;

export function graph(wishes: Wishes, ...targets: Builder<Dataquery>[]): TimeSeriesBuilder {
  const { title, description, unit, span = 12, height = HEIGHT, limits } = wishes;
  return new TimeSeriesBuilder()
    .title(title)
    .description(description)
    .datasource(PROMETHEUS)
    .unit(unit)
    .min(0)
    .span(span)
    .height(height)
    .fillOpacity(10)
    .thresholds(thresholds(limits))
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['lastNotNull', 'max']),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .targets(targets);
}

export function figure(wishes: Wishes, target: Builder<Dataquery>): StatBuilder {
  const { title, description, unit, span = 6, height = STAT_HEIGHT, limits } = wishes;
  return new StatBuilder()
    .title(title)
    .description(description)
    .datasource(PROMETHEUS)
    .unit(unit)
    .span(span)
    .height(height)
    .noValue('no data')
    .thresholds(thresholds(limits))
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .targets([target]);
}

/** Exact rows of the API. Times are shown as times, counts with separators. */
export function table(wishes: Omit<Wishes, 'unit' | 'limits'>, question: ApiQuestion): TableBuilder {
  const { title, description, span = 12, height = HEIGHT } = wishes;
  const bytes = question.columns.filter(({ selector }) => selector === 'bytes');
  return bytes.reduce(
    (panel, { text }) => panel.overrideByName(text, [{ id: 'unit', value: 'bytes' }]),
    new TableBuilder()
      .title(title)
      .description(description)
      .datasource(API)
      .unit('locale')
      .span(span)
      .height(height)
      .noValue('nothing')
      .thresholds(thresholds(undefined))
      .targets([ask(question)]),
  );
}

/** Without limits everything is well. */
function thresholds(limits: Wishes['limits']): ThresholdsConfigBuilder {
  const steps = [
    { value: null, color: 'green' },
    ...(limits
      ? [
          { value: limits[0], color: 'orange' },
          { value: limits[1], color: 'red' },
        ]
      : []),
  ];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

export function dashboard(title: string, uid: string, description: string): DashboardBuilder {
  return new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['sightline'])
    .refresh('10s')
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser')
    .readonly();
}

export const text = (selector: string, name: string): Column => ({ selector, text: name, type: 'string' });
export const number = (selector: string, name: string): Column => ({ selector, text: name, type: 'number' });
export const time = (selector: string, name: string): Column => ({ selector, text: name, type: 'timestamp_epoch' });
