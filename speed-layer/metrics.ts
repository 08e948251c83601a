/**
 * What a speed worker tells Prometheus: what became of records, how fresh the counts are, and where time goes.
 *
 * worker.ts raises these after each round, from the effects that HBase acknowledged, so a metric never counts what
 * HBase does not have. The gauges compute the lag when Prometheus asks.
 */
import type { Registry } from 'prom-client';
import { Counter, Gauge, Histogram } from 'prom-client';
import { isOpen } from '../core/domain/doubt.ts';
import type { LogRecord } from '../core/domain/detection.ts';
import type { Effects } from './decide.ts';
import type { Holdings } from './round-ports.ts';

export interface SpeedMetrics {
  round(delivered: readonly LogRecord[], effects: readonly Effects[], tookMs: number): void;
  retried(dependency: string): void;
  /** How many settings of the topics threaten what is still to be read (watch.ts). */
  threats(count: number): void;
  /** By how many seconds first-met rows live longer than they must. */
  firstMetSpare(seconds: number): void;
  /** Says where the log's ends are known from; before that no lag is shown. */
  measureLag(ends: LogEnds): void;
  /** The same store, with each call's time measured. */
  timed<Store extends object>(name: string, store: Store): Store;
}

/** Returns the end of each held partition as last heard of. */
type LogEnds = () => ReadonlyMap<number, number>;

const FAST_BUCKETS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];
const VISIBLE_BUCKETS = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 3_600];
const OUTCOMES = ['new', 'copies', 'strays', 'deferred', 'dead_letters', 'ticks'] as const;

export function speedMetrics(registry: Registry, holdings: Holdings): SpeedMetrics {
  const { records, deadLetters, visible, roundRecords, roundSeconds, retries, stores, threats, spare } =
    createMeters(registry);
  const measureLag = lagGauges(registry, holdings);
  holdGauges([registry], holdings);
  return {
    round(delivered, effects, tookMs) {
      for (const { tallies } of effects) {
        for (const outcome of OUTCOMES) if (tallies[outcome] > 0) records.inc({ outcome }, tallies[outcome]);
        for (const [reason, count] of Object.entries(tallies.dead_letters_by_reason))
          deadLetters.inc({ reason }, count);
      }
      if (effects.length === 0) return;
      const now = Date.now();
      for (const { stamp } of delivered) visible.observe((now - stamp) / 1_000);
      roundRecords.observe(delivered.length);
      roundSeconds.observe(tookMs / 1_000);
    },
    retried: (dependency) => retries.inc({ dependency }),
    threats: (count) => threats.set(count),
    firstMetSpare: (seconds) => spare.set(seconds),
    measureLag,
    timed: (store, calls) => timed(calls, (operation) => stores.startTimer({ store, operation })),
  };
}

/** Counters and histograms that the worker raises. */
function createMeters(registry: Registry) {
  const registers = [registry];
  const name = (suffix: string): string => `sightline_speed_${suffix}`;
  const records = new Counter({
    name: name('records_total'),
    help: 'Records by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const deadLetters = new Counter({
    name: name('dead_letters_total'),
    help: 'Dead letters by reason',
    labelNames: ['reason'],
    registers,
  });
  const visible = new Histogram({
    name: name('publish_to_visible_seconds'),
    help: 'Time from the log taking a record to the store having its effects',
    buckets: VISIBLE_BUCKETS,
    registers,
  });
  const roundRecords = new Histogram({
    name: name('round_records'),
    help: 'Records in a round',
    buckets: [1, 10, 50, 100, 500, 1_000, 2_000, 5_000, 10_000],
    registers,
  });
  const roundSeconds = new Histogram({
    name: name('round_seconds'),
    help: 'Time of a round',
    buckets: FAST_BUCKETS,
    registers,
  });
  const retries = new Counter({
    name: name('retries_total'),
    help: 'Steps that were retried',
    labelNames: ['dependency'],
    registers,
  });
  const stores = new Histogram({
    name: 'sightline_store_seconds',
    help: 'Time of a call to a store',
    labelNames: ['store', 'operation'],
    buckets: FAST_BUCKETS,
    registers,
  });
  const threats = new Gauge({
    name: name('topic_threats'),
    help: 'Topic settings that threaten unread records',
    registers,
  });
  const spare = new Gauge({
    name: name('first_met_spare_seconds'),
    help: 'By how much first-met rows live longer than they must; below 0 copies could count as new',
    registers,
  });
  return { records, deadLetters, visible, roundRecords, roundSeconds, retries, stores, threats, spare };
}

/** Returns what sets the source of the ends. */
function lagGauges(registry: Registry, holdings: Holdings): (ends: LogEnds) => void {
  const registers = [registry];
  let ends: LogEnds = () => new Map();
  const each = (gauge: Gauge<'partition'>, value: (behind: number, arrival: number) => number): void => {
    gauge.reset();
    const known = ends();
    for (const { partition, nextOffset, arrival } of holdings.progress.values()) {
      const end = known.get(partition);
      if (end !== undefined) gauge.set({ partition }, value(Math.max(0, end - nextOffset), arrival));
    }
  };
  new Gauge({
    name: 'sightline_speed_lag_records',
    help: 'Offsets between the progress and the end of the log',
    labelNames: ['partition'],
    registers,
    collect() {
      each(this, (behind) => behind);
    },
  });
  new Gauge({
    name: 'sightline_speed_lag_seconds',
    help: 'Age of the last record counted, 0 at the end of the log',
    labelNames: ['partition'],
    registers,
    collect() {
      each(this, (behind, arrival) => (behind === 0 ? 0 : Math.max(0, (Date.now() - arrival) / 1_000)));
    },
  });
  new Gauge({
    name: 'sightline_speed_partitions',
    help: 'Partitions held',
    registers,
    collect() {
      this.set(holdings.progress.size);
    },
  });
  new Gauge({
    name: 'sightline_speed_cached_cells',
    help: 'Count cells kept in memory',
    registers,
    collect() {
      this.set(holdings.counts.cells());
    },
  });
  return (source) => void (ends = source);
}

function holdGauges(registers: [Registry], holdings: Holdings): void {
  new Gauge({
    name: 'sightline_speed_partitions_held',
    help: 'Partitions whose next records wait for a growth of the topic to begin',
    registers,
    collect() {
      this.set(holdings.held.size - holdings.ahead.size);
    },
  });
  new Gauge({
    name: 'sightline_speed_stamps_ahead_seconds',
    help: 'How far the stamp before which a partition is held is ahead of this clock',
    labelNames: ['partition'],
    registers,
    collect() {
      this.reset();
      for (const [partition, { stamp }] of holdings.ahead) this.set({ partition }, (stamp - Date.now()) / 1_000);
    },
  });
  new Gauge({
    name: 'sightline_speed_partitions_without_quorum',
    help: 'Partitions that were counted without a quorum and are not read again yet',
    registers,
    collect() {
      const all = [...holdings.progress.values()];
      this.set(all.filter(({ doubts }) => isOpen(doubts?.at(-1))).length);
    },
  });
}

/** A store is an object of asynchronous functions; each is wrapped, nothing else changes. */
function timed<Store extends object>(store: Store, start: (operation: string) => () => unknown): Store {
  const wrapped = Object.entries(store).map(([operation, call]: [string, unknown]) => [
    operation,
    async (...args: unknown[]): Promise<unknown> => {
      const stop = start(operation);
      try {
        return await (call as (...args: unknown[]) => Promise<unknown>)(...args);
      } finally {
        stop();
      }
    },
  ]);
  return Object.fromEntries(wrapped) as Store;
}
