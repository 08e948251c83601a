/**
 * What was seen in the last hour, as gauges of Prometheus: so many series whatever the data.
 *
 * app.ts shows them beside the metrics of the process, to callers that are known. Names of items are free text, so only
 * the most counted ones become a label, cut to a length; all others are the series `top="no"`. They are read when
 * somebody scrapes, and where the stores do not answer in time the series are missing: never an old number that looks
 * like a new one. Every copy of serving shows the same numbers: take the `max` of them, not the `sum`.
 */
import { createHash } from 'node:crypto';
import { Counter, Gauge, Registry } from 'prom-client';
import type { RecentCounts, Tops } from '../questions/recent.ts';
import { inTime } from '../../core/process/in-time.ts';

/** Prometheus gives up a scrape after ten seconds by default; all else should still be there. */
const LIMIT_MS = 2_000;
const LABEL_CHARACTERS = 80;
const OTHER = 'other';

export interface RecentMetrics {
  readonly registry: Registry;
  /** Reads the last hour and shows it. */
  text(): Promise<string>;
}

export function recentMetrics(
  tops: Tops,
  read: (tops: Tops) => Promise<RecentCounts>,
  limitMs = LIMIT_MS,
): RecentMetrics {
  const registry = new Registry();
  registry.setDefaultLabels({ process: 'serving' });
  const gauges = recentGauges(registry);
  const reads = new Counter({
    name: 'sightline_recent_reads_total',
    help: 'Readings of the last hour for these metrics: answered, failed, or late',
    labelNames: ['outcome'],
    registers: [registry],
  });
  for (const outcome of ['answered', 'failed', 'late']) reads.inc({ outcome }, 0);
  let pending: Promise<RecentCounts | null> | null = null;
  const ask = (): Promise<RecentCounts | null> =>
    (pending ??= read(tops)
      .catch(() => null)
      .finally(() => (pending = null)));
  return {
    registry,
    async text() {
      if (tops.items === 0 && tops.locations === 0) return '';
      const counts = await inTime<RecentCounts | null | 'late'>(ask(), limitMs, () => 'late');
      reads.inc({ outcome: counts === null ? 'failed' : counts === 'late' ? 'late' : 'answered' });
      gauges.show(counts === 'late' ? null : counts);
      return registry.metrics();
    },
  };
}

function recentGauges(registry: Registry): { show(counts: RecentCounts | null): void } {
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[]): Gauge<Label> =>
    new Gauge({
      name: `sightline_recent_${name}`,
      help: `${help}, of the last hour as the API counts it`,
      labelNames,
      registers: [registry],
    });
  const total = gauge('detections', 'Detections', []);
  const items = gauge('items', 'Different items', []);
  const locations = gauge('locations', 'Different places with detections', []);
  const byItem = gauge('item_detections', 'Detections of the most counted items, and of all others', ['item', 'top']);
  const byLocation = gauge('location_detections', 'Detections at the busiest places, and at all others', [
    'location',
    'name',
    'top',
  ]);
  return {
    show(counts) {
      for (const one of [total, items, locations]) one.remove();
      for (const one of [byItem, byLocation]) one.reset();
      if (!counts) return;
      total.set(counts.total);
      items.set(counts.items.of);
      locations.set(counts.locations.of);
      for (const { name, count } of counts.items.top) byItem.set({ item: labelText(name), top: 'yes' }, count);
      byItem.set({ item: OTHER, top: 'no' }, counts.items.rest);
      for (const { name: location, count } of counts.locations.top)
        byLocation.set({ location, name: labelText(counts.nameOf(location) ?? ''), top: 'yes' }, count);
      byLocation.set({ location: OTHER, name: '', top: 'no' }, counts.locations.rest);
    },
  };
}

/** Long texts are cut and end with a hash of the whole, so that no two of them are one label. */
export function labelText(text: string): string {
  const characters = [...text];
  if (characters.length <= LABEL_CHARACTERS) return text;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return `${characters.slice(0, LABEL_CHARACTERS - 10).join('')}… ${hash}`;
}
