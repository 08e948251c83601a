/** What serving counts about itself, for Prometheus. */
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { BatchView } from '../core/stores/views/batch-view.ts';
import type { SpeedView } from '../core/stores/views/speed-view.ts';
import type { View } from './answers.ts';
import { createRegistry } from '../core/process/metrics.ts';
import { isFault } from './faults.ts';

export interface ServingMetrics {
  readonly registry: Registry;
  answered(route: string, status: number, seconds: number): void;
  /** The view of an answer that goes out. */
  showed(view: View): void;
  /** The same views, with their reads counted. */
  countingSpeed(view: SpeedView): SpeedView;
  countingBatch(view: BatchView): BatchView;
  hbaseEvent(kind: string): void;
  /** Streams that are open, and the different questions that they ask. */
  streams(viewers: number, questions: number): void;
  streamedState(outcome: 'sent' | 'replaced'): void;
  /** Does what takes a place, and counts it if there was none: all are taken, or this caller has as many as one may. */
  countingRefusals<Place>(what: 'exports' | 'streams', take: () => Place): Place;
  /** When the certificate that is served ends, in seconds since 1970. */
  certificateEnds(second: number): void;
  /** A changed certificate and key were taken or refused. */
  certificateRead(outcome: 'taken' | 'refused'): void;
  /** Bytes of counts that are remembered. */
  remembers(bytes: number): void;
  /** Exports that are running. */
  exports(running: number): void;
  /** What a question ended with instead of an answer; only what it cost counts here. */
  gaveUp(fault: unknown): void;
  /** Reads of HBase or look-ups in the lake: how many are under way, and how many wait. */
  queue(queue: 'reads' | 'lookups', running: number, waiting: number): void;
}

export function servingMetrics(): ServingMetrics {
  const registry = createRegistry('serving');
  const registers = [registry];
  const requests = new Counter({
    name: 'sightline_api_requests_total',
    help: 'Answers given, by route and status',
    labelNames: ['route', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'sightline_api_request_seconds',
    help: 'Time from request to answer',
    labelNames: ['route'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const freshness = new Gauge({
    name: 'sightline_freshness_seconds',
    help: 'How far the newest answer was behind the end of the log',
    registers,
  });
  const events = new Counter({
    name: 'sightline_hbase_events_total',
    help: 'Connections, relocations and retries of the HBase client',
    labelNames: ['kind'],
    registers,
  });
  return {
    registry,
    answered(route, status, seconds) {
      requests.inc({ route, status });
      durations.observe({ route }, seconds);
    },
    showed: (view) => freshness.set(view.freshness_ms / 1_000),
    ...readMetrics(registers),
    hbaseEvent: (kind) => events.inc({ kind }),
    ...streamMetrics(registers),
    ...costMetrics(registers),
    ...tlsMetrics(registers),
  };
}

function readMetrics(registers: Registry[]): Pick<ServingMetrics, 'countingSpeed' | 'countingBatch'> {
  const reads = new Counter({
    name: 'sightline_store_reads_total',
    help: 'Reads of count cells from HBase, by view and level',
    labelNames: ['view', 'level'],
    registers,
  });
  const counted =
    <Asked extends unknown[], Answer>(
      view: 'speed' | 'batch',
      read: (...asked: Asked) => Answer,
      levelsOf: (asked: Asked) => readonly string[],
    ) =>
    (...asked: Asked): Answer => {
      reads.inc({ view, level: levelsOf(asked).join('+') });
      return read(...asked);
    };
  return {
    countingSpeed: (view) => ({
      ...view,
      read: counted('speed', view.read, ([, , , levels]) => levels),
      changed: counted('speed', view.changed, ([, level]) => [level]),
    }),
    countingBatch: (view) => ({
      ...view,
      read: counted('batch', view.read, ([, , , levels]) => levels),
      published: counted('batch', view.published, ([, level]) => [level]),
    }),
  };
}

function costMetrics(registers: Registry[]): Pick<ServingMetrics, 'gaveUp' | 'queue'> {
  const stopped = new Counter({
    name: 'sightline_questions_stopped_total',
    help: 'Questions that ended without an answer: who asked has left, too long, too many bytes, or too many at once',
    labelNames: ['because'],
    registers,
  });
  const queues = new Gauge({
    name: 'sightline_queue',
    help: 'Reads of HBase and look-ups in the lake that are under way or wait',
    labelNames: ['queue', 'state'],
    registers,
  });
  return {
    gaveUp(fault) {
      if (isFault('AskerLeft', fault)) stopped.inc({ because: 'left' });
      else if (isFault('TooCostly', fault)) stopped.inc({ because: fault.bound });
      else if (isFault('TooMany', fault)) stopped.inc({ because: 'too_many' });
    },
    queue(queue, running, waiting) {
      queues.set({ queue, state: 'running' }, running);
      queues.set({ queue, state: 'waiting' }, waiting);
    },
  };
}

function tlsMetrics(registers: Registry[]): Pick<ServingMetrics, 'certificateEnds' | 'certificateRead'> {
  const ends = new Gauge({
    name: 'sightline_tls_certificate_ends_timestamp_seconds',
    help: 'When the certificate that is served ends; 0 without TLS',
    registers,
  });
  const reads = new Counter({
    name: 'sightline_tls_certificate_reads_total',
    help: 'Changed certificates and keys: taken, or refused while the ones before stay',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['taken', 'refused']) reads.inc({ outcome }, 0);
  return { certificateEnds: (second) => ends.set(second), certificateRead: (outcome) => reads.inc({ outcome }) };
}

function streamMetrics(
  registers: Registry[],
): Pick<ServingMetrics, 'streams' | 'streamedState' | 'exports' | 'countingRefusals' | 'remembers'> {
  const streams = new Gauge({ name: 'sightline_stream_connections', help: 'Streams that are open', registers });
  const streamed = new Gauge({
    name: 'sightline_stream_questions',
    help: 'Different questions that open streams ask',
    registers,
  });
  const states = new Counter({
    name: 'sightline_stream_states_total',
    help: 'States given to clients, and those that a newer one replaced before the client took them',
    labelNames: ['outcome'],
    registers,
  });
  const remembered = new Gauge({
    name: 'sightline_count_cache_bytes',
    help: 'Memory for counts that are remembered, about',
    registers,
  });
  const exports = new Gauge({ name: 'sightline_exports', help: 'Exports that are running', registers });
  const refused = new Counter({
    name: 'sightline_places_refused_total',
    help: 'Exports and streams that were refused because all places are taken, or as many as one caller may hold',
    labelNames: ['what', 'because'],
    registers,
  });
  return {
    countingRefusals(what, take) {
      try {
        return take();
      } catch (fault) {
        if (isFault('TooMany', fault)) refused.inc({ what, because: fault.status === 429 ? 'caller' : 'all' });
        throw fault;
      }
    },
    remembers: (bytes) => remembered.set(bytes),
    exports: (running) => exports.set(running),
    streams(viewers, questions) {
      streams.set(viewers);
      streamed.set(questions);
    },
    streamedState: (outcome) => states.inc({ outcome }),
  };
}
