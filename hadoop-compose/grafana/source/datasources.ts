/**
 * Where dashboards get their numbers: Prometheus for trends, our HTTP API for exact tables.
 *
 * The provisioning files name the same uids. The API comes through Grafana's Infinity data source, whose queries have
 * no builder in Grafana's SDK, so their shape stands here.
 */
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';

export const PROMETHEUS: DataSourceRef = { type: 'prometheus', uid: 'sightline-prometheus' };
export const API: DataSourceRef = { type: 'yesoreyeram-infinity-datasource', uid: 'sightline-api' };

/** A range of Prometheus, one line for each series. */
export function trend(expr: string, legend: string): Builder<Dataquery> {
  return new DataqueryBuilder().datasource(PROMETHEUS).expr(expr).legendFormat(legend).range();
}

/** The newest value alone. */
export function newest(expr: string, legend: string): Builder<Dataquery> {
  return new DataqueryBuilder()
    .datasource(PROMETHEUS)
    .expr(expr)
    .legendFormat(legend)
    .instant()
    .format(PromQueryFormat.TimeSeries);
}

export interface Column {
  /** Member of each row of the answer; with dots a member of a member. */
  readonly selector: string;
  readonly text: string;
  readonly type: 'string' | 'number' | 'timestamp_epoch';
}

export interface ApiQuestion {
  /** From `/api/v1/` on, with Grafana's variables. */
  readonly path: string;
  /** The member of the answer that holds the rows. */
  readonly rows: string;
  readonly columns: readonly Column[];
}

/** As Infinity keeps it in a panel or a variable. */
export function infinityJson({ path, rows, columns }: ApiQuestion): Record<string, unknown> {
  return {
    type: 'json',
    source: 'url',
    format: 'table',
    parser: 'backend',
    url: `/api/v1/${path}`,
    url_options: { method: 'GET', data: '' },
    root_selector: rows,
    columns: columns.map((column) => ({ ...column })),
    filters: [],
  };
}

class InfinityQuery implements Builder<Dataquery> {
  readonly #question: ApiQuestion;
  constructor(question: ApiQuestion) {
    this.#question = question;
  }
  build(): Dataquery {
    const query = { ...infinityJson(this.#question), datasource: API };
    return query as unknown as Dataquery;
  }
}

export function ask(question: ApiQuestion): Builder<Dataquery> {
  return new InfinityQuery(question);
}
