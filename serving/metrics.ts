/** The metrics of serving, for Prometheus. */
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { BatchView } from '../core/stores/views/batch-view.ts';
import type { SpeedView } from '../core/stores/views/speed-view.ts';
import type { View } from './answers.ts';
import { createRegistry } from '../core/process/metrics.ts';
import { isFault } from './faults.ts';

export interface ServingMetrics {
  readonly registry: Registry;
  countAnswer(route: string, status: number, seconds: number): void;
  /** Sets the freshness from the view of an answer. */
  setFreshness(view: View): void;
  /** Return the same view and count its reads. */
  countSpeedReads(view: SpeedView): SpeedView;
  countBatchReads(view: BatchView): BatchView;
  countHBaseEvent(kind: string): void;
  /** Open streams, and the different questions that they ask. */
  setStreams(viewers: number, questions: number): void;
  countState(outcome: 'sent' | 'replaced'): void;
  /** Runs `take`, which takes a slot, and counts a refusal: the process or the caller has no free slot. */
  countRefusal<Slot>(what: 'exports' | 'streams', take: () => Slot): Slot;
  /** When the served certificate expires, in seconds since 1970. */
  setCertificateEnd(second: number): void;
  /** The server has taken or refused a changed certificate and key. */
  countCertificateRead(outcome: 'taken' | 'refused'): void;
  /** Bytes of cached counts. */
  setCacheBytes(bytes: number): void;
  /** Running exports. */
  setExports(running: number): void;
  /** Counts a question that ended without an answer because of its cost; ignores other faults. */
  countStopped(fault: unknown): void;
  /** Running and waiting reads of HBase, lookups in the lake, or files of footage that are sent. */
  setQueue(queue: 'reads' | 'lookups' | 'footage', running: number, waiting: number): void;
}

export function servingMetrics(): ServingMetrics {
  const registry = createRegistry('serving');
  const registers = [registry];
  const requests = new Counter({
    name: 'sightline_api_requests_total',
    help: 'API answers by route and status',
    labelNames: ['route', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'sightline_api_request_seconds',
    help: 'Time from request to answer',
    labelNames: ['route'],
    // 0.2 is what 99 of 100 answers are to take at most (observe/rules).
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const freshness = new Gauge({
    name: 'sightline_freshness_seconds',
    help: 'How far the newest answer is behind the end of the log',
    registers,
  });
  const events = new Counter({
    name: 'sightline_hbase_events_total',
    help: 'Connections, relocations and retries of the HBase client (none with Cassandra)',
    labelNames: ['kind'],
    registers,
  });
  return {
    registry,
    countAnswer(route, status, seconds) {
      requests.inc({ route, status });
      durations.observe({ route }, seconds);
    },
    setFreshness: (view) => freshness.set(view.freshness_ms / 1_000),
    ...readMetrics(registers),
    countHBaseEvent: (kind) => events.inc({ kind }),
    ...streamMetrics(registers),
    ...costMetrics(registers),
    ...tlsMetrics(registers),
  };
}

function readMetrics(registers: Registry[]): Pick<ServingMetrics, 'countSpeedReads' | 'countBatchReads'> {
  const reads = new Counter({
    name: 'sightline_store_reads_total',
    help: 'Reads of count cells, by view and level',
    labelNames: ['view', 'level'],
    registers,
  });
  const counted =
    <Args extends unknown[], Answer>(
      view: 'speed' | 'batch',
      read: (...args: Args) => Answer,
      levelsOf: (args: Args) => readonly string[],
    ) =>
    (...args: Args): Answer => {
      reads.inc({ view, level: levelsOf(args).join('+') });
      return read(...args);
    };
  return {
    countSpeedReads: (view) => ({
      ...view,
      read: counted('speed', view.read, ([{ levels }]) => levels),
      changed: counted('speed', view.changed, ([{ level }]) => [level]),
    }),
    countBatchReads: (view) => ({
      ...view,
      read: counted('batch', view.read, ([{ levels }]) => levels),
      published: counted('batch', view.published, ([{ level }]) => [level]),
    }),
  };
}

function costMetrics(registers: Registry[]): Pick<ServingMetrics, 'countStopped' | 'setQueue'> {
  const stopped = new Counter({
    name: 'sightline_questions_stopped_total',
    help: 'Questions stopped without an answer, by reason: client left, time, bytes, too many at once',
    labelNames: ['because'],
    registers,
  });
  const queues = new Gauge({
    name: 'sightline_queue',
    help: 'Running and waiting reads of rows and lookups in the lake',
    labelNames: ['queue', 'state'],
    registers,
  });
  return {
    countStopped(fault) {
      if (isFault('ClientLeft', fault)) stopped.inc({ because: 'left' });
      else if (isFault('TooCostly', fault)) stopped.inc({ because: fault.bound });
      else if (isFault('TooManyRequests', fault)) stopped.inc({ because: 'too_many' });
    },
    setQueue(queue, running, waiting) {
      queues.set({ queue, state: 'running' }, running);
      queues.set({ queue, state: 'waiting' }, waiting);
    },
  };
}

function tlsMetrics(registers: Registry[]): Pick<ServingMetrics, 'setCertificateEnd' | 'countCertificateRead'> {
  const ends = new Gauge({
    name: 'sightline_tls_certificate_ends_timestamp_seconds',
    help: 'When the served certificate expires; 0 without TLS',
    registers,
  });
  const reads = new Counter({
    name: 'sightline_tls_certificate_reads_total',
    help: 'Changed certificates and keys that the server has taken, or refused and kept the previous ones',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['taken', 'refused']) reads.inc({ outcome }, 0);
  return { setCertificateEnd: (second) => ends.set(second), countCertificateRead: (outcome) => reads.inc({ outcome }) };
}

function streamMetrics(
  registers: Registry[],
): Pick<ServingMetrics, 'setStreams' | 'countState' | 'setExports' | 'countRefusal' | 'setCacheBytes'> {
  const streams = new Gauge({ name: 'sightline_stream_connections', help: 'Open streams', registers });
  const streamed = new Gauge({
    name: 'sightline_stream_questions',
    help: 'Different questions that open streams ask',
    registers,
  });
  const states = new Counter({
    name: 'sightline_stream_states_total',
    help: 'States sent to clients, and states that a newer one replaced before they were sent',
    labelNames: ['outcome'],
    registers,
  });
  const remembered = new Gauge({
    name: 'sightline_count_cache_bytes',
    help: 'Approximate memory of cached counts',
    registers,
  });
  const exports = new Gauge({ name: 'sightline_exports', help: 'Running exports', registers });
  const refused = new Counter({
    name: 'sightline_places_refused_total',
    help: 'Exports and streams refused because the process or the caller has reached its limit',
    labelNames: ['what', 'because'],
    registers,
  });
  return {
    countRefusal(what, take) {
      try {
        return take();
      } catch (fault) {
        if (isFault('TooManyRequests', fault)) refused.inc({ what, because: fault.status === 429 ? 'caller' : 'all' });
        throw fault;
      }
    },
    setCacheBytes: (bytes) => remembered.set(bytes),
    setExports: (running) => exports.set(running),
    setStreams(viewers, questions) {
      streams.set(viewers);
      streamed.set(questions);
    },
    countState: (outcome) => states.inc({ outcome }),
  };
}
