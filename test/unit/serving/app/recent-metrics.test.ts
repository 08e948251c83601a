/** The last hour in Prometheus: the same numbers as the API's, named ones and one rest, bounded whatever the data. */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, it } from 'node:test';
import type { Sighting } from '../world.ts';
import type { RecentCounts } from '../../../../serving/questions/recent.ts';
import { oid } from '../../../../core/domain/oid.ts';
import { Unauthenticated } from '../../../../serving/faults.ts';
import { Retryable } from '../../../../core/process/errors.ts';
import { labelText, recentMetrics } from '../../../../serving/app/recent-metrics.ts';
import { getMetrics } from '../../../../serving/http/health.ts';
import { stageOf } from '../serving-double.ts';
import { NOW } from '../world.ts';
import { recentSeries } from '../../../support/recent-series.ts';

const seen = (id: number, location: string, item: string): Sighting => ({
  id: oid(id),
  location: oid(location),
  item,
  detectedAt: NOW - 60_000,
  arrival: NOW - 59_500,
});
const WORLD = [
  seen(1, '42', 'car'),
  seen(2, '42', 'car'),
  seen(3, '-7', 'other'),
  seen(4, '-7', 'bus'),
  seen(5, '1', 'bus'),
];
const TOPS = { METRICS_TOP_ITEMS: 1, METRICS_TOP_LOCATIONS: 2 };
const scrape = async (stage: ReturnType<typeof stageOf>): Promise<string> =>
  (await getMetrics(new Request('http://127.0.0.1/metrics'), {}, stage.serving)).text();

/** A last hour with so many different items and places. */
function madeUp(items: number, locations: number): RecentCounts {
  const ranked = (of: number, limit: number, name: (at: number) => string) => ({
    top: Array.from({ length: Math.min(of, limit) }, (_, at) => ({ name: name(at), count: of - at })),
    rest: Math.max(0, of - limit),
    of,
  });
  return {
    total: 1,
    items: ranked(items, 10, (at) => `item ${at} ${'long '.repeat(900)}`),
    locations: ranked(locations, 20, (at) => String(at)),
    nameOf: (location) => `Gate ${location}`,
    view: { horizon: null, speed_as_of: 1, freshness_ms: 0, reference_version: 1 },
  };
}

describe('the last hour in Prometheus', () => {
  it('names the most counted items and the busiest places, and adds up the others', async () => {
    const stage = stageOf(WORLD, TOPS);
    stage.names.set('42', 'Gate 4');
    const { total, items, locations } = recentSeries(await scrape(stage));
    assert.equal(total, 5);
    assert.deepEqual(items, [
      { item: 'bus', top: 'yes', count: 2 },
      { item: 'other', top: 'no', count: 3 },
    ]);
    assert.deepEqual(locations, [
      { location: '-7', name: '', top: 'yes', count: 2 },
      { location: '42', name: 'Gate 4', top: 'yes', count: 2 },
      { location: 'other', name: '', top: 'no', count: 1 },
    ]);
  });

  it('tells an item that is called other from the others', async () => {
    const { items } = recentSeries(await scrape(stageOf(WORLD, { ...TOPS, METRICS_TOP_ITEMS: 3 })));
    assert.deepEqual(items.slice(2), [
      { item: 'other', top: 'yes', count: 1 },
      { item: 'other', top: 'no', count: 0 },
    ]);
  });

  it('is not shown to strangers', async () => {
    const stage = stageOf(WORLD, TOPS);
    stage.gate = {
      ...stage.gate,
      isKnown: async () => false,
      admit: async () => Promise.reject(new Unauthenticated('no')),
    };
    const text = await scrape(stage);
    assert.match(text, /sightline_queue/);
    assert.doesNotMatch(text, /sightline_recent/);
  });

  it('is missing while the stores are away, and all else is there', async () => {
    const stage = stageOf(WORLD, TOPS);
    assert.match(await scrape(stage), /^sightline_recent_detections\{process="serving"\} 5$/m);
    stage.faults = { views: new Retryable('HBase', 'away'), control: new Retryable('HBase', 'away') };
    stage.now += 1_000;
    const text = await scrape(stage);
    assert.doesNotMatch(text, /^sightline_recent_(items|item_detections|detections)/m);
    assert.match(text, /^sightline_recent_reads_total\{outcome="failed",process="serving"\} 1$/m);
    assert.match(text, /^sightline_questions_stopped|^sightline_queue|^process_cpu/m);
  });

  it('waits no longer than its limit', async () => {
    const slow = recentMetrics({ items: 1, locations: 1 }, () => pause(300, madeUp(1, 1)), 20);
    const text = await slow.text();
    assert.match(text, /outcome="late",process="serving"\} 1/);
    assert.doesNotMatch(text, /^sightline_recent_detections/m);
  });

  it('reads nothing where no names are wanted', async () => {
    const stage = stageOf(WORLD);
    assert.doesNotMatch(await scrape(stage), /sightline_recent/);
    assert.equal(stage.asked.speedView, undefined);
  });

  it('is 40 series, with 400 places and with 100,000', async () => {
    const seriesAt = async (items: number, locations: number): Promise<number> => {
      const text = await recentMetrics({ items: 10, locations: 20 }, async () => madeUp(items, locations)).text();
      return text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
    };
    assert.deepEqual([await seriesAt(200, 400), await seriesAt(100_000, 100_000)], [38, 38]);
  });

  it('cuts long names, and keeps them apart', () => {
    const [one, other] = [labelText(`${'x'.repeat(5_000)}1`), labelText(`${'x'.repeat(5_000)}2`)];
    assert.notEqual(one, other);
    assert.equal([...one].length, 80);
    assert.equal(labelText('\u{1F6B2}'.repeat(80)), '\u{1F6B2}'.repeat(80));
  });
});
