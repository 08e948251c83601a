/** The queries of our dashboards as Grafana would send them: its variables replaced by values. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const FOLDER = fileURLToPath(new URL('../../hadoop-compose/grafana/', import.meta.url));

export interface Target {
  readonly refId: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly expr?: string;
  readonly legendFormat?: string;
  readonly instant?: boolean;
  readonly url?: string;
  readonly root_selector?: string;
  readonly columns?: readonly { readonly selector: string; readonly text: string; readonly type: string }[];
}

export interface BoardPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
  readonly options?: { readonly legend?: { readonly showLegend?: boolean } };
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string;
      readonly thresholds?: { readonly steps: readonly { readonly value: number | null }[] };
    };
  };
}

export interface Board {
  readonly uid: string;
  readonly title: string;
  readonly editable: boolean;
  readonly tags: readonly string[];
  readonly panels: readonly BoardPanel[];
  readonly templating?: {
    readonly list: readonly {
      readonly name: string;
      readonly datasource?: { readonly uid: string };
      readonly query?: { readonly infinityQuery?: Omit<Target, 'datasource' | 'refId'> };
    }[];
  };
}

/** By the name of the file. */
export function boards(): Map<string, Board> {
  const files = readdirSync(`${FOLDER}dashboards`).filter((name) => name.endsWith('.json'));
  return new Map(
    files.map((name) => [name.slice(0, -5), JSON.parse(readFileSync(`${FOLDER}dashboards/${name}`, 'utf8')) as Board]),
  );
}

export interface Query {
  /** dashboard / panel / letter */
  readonly name: string;
  readonly target: Target;
}

export function queries(): Query[] {
  return [...boards()].flatMap(([board, { panels }]) =>
    panels.flatMap(({ title, targets = [] }) =>
      targets.map((target) => ({ name: `${board} / ${title} / ${target.refId}`, target })),
    ),
  );
}

/** Of Prometheus. `$__rate_interval` is four times the scrape interval in Grafana. */
export function promql(expr: string, rateInterval = '1m'): string {
  return expr.replaceAll('$__rate_interval', rateInterval);
}

/** Of the API: a path with its window and place. */
export function apiPath(url: string, { from, to, location }: { from: number; to: number; location: string }): string {
  const values: Record<string, string> = { __from: String(from), __to: String(to), location };
  return url.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
