/** The counts of the last hour out of a text that serving shows to Prometheus, in the order in which they stand. */
export interface RecentSeries {
  readonly total: number;
  readonly items: { item: string; top: string; count: number }[];
  readonly locations: { location: string; name: string; top: string; count: number }[];
}

const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

function series(text: string, name: string): { labels: Record<string, string>; count: number }[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`))
    .map((line) => ({
      labels: Object.fromEntries([...line.matchAll(LABEL)].map(([, label, value]) => [label!, unescaped(value!)])),
      count: Number(line.slice(line.lastIndexOf(' '))),
    }));
}

const unescaped = (value: string): string =>
  value.replaceAll(/\\(.)/g, (_, next) => (next === 'n' ? '\n' : String(next)));

export function recentSeries(text: string): RecentSeries {
  const labelled = <Name extends string>(metric: string, names: readonly Name[]) =>
    series(text, metric).map(({ labels, count }) => ({
      ...(Object.fromEntries(names.map((name) => [name, labels[name] ?? ''])) as Record<Name, string>),
      count,
    }));
  return {
    total: series(text, 'sightline_recent_detections')[0]!.count,
    items: labelled('sightline_recent_item_detections', ['item', 'top']),
    locations: labelled('sightline_recent_location_detections', ['location', 'name', 'top']),
  };
}
