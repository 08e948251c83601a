/**
 * The metrics of footage for Prometheus: what the agent took and what waits on its disk; what settling did in HDFS.
 *
 * agent.ts and settle-service.ts set them. Labels are closed lists: no camera and no name of a file is in them. What
 * waits is measured by the time at which a file came to its folder, never by the time in its name, which is the
 * camera's.
 */
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { Taken } from './handover.ts';
import { rejectReasons } from './rejected.ts';
import type { RejectReason } from './rejected.ts';
import { setAsideReasons } from './settle.ts';
import type { Settled, SettleWatch } from './settle.ts';
import type { Waiting } from './waiting.ts';

export interface AgentMetrics {
  countTaken(taken: Taken): void;
  countRejected(reason: RejectReason): void;
  setWaiting(place: 'handover' | 'spool', waiting: Waiting): void;
  countFlumeDeath(): void;
  /** Bytes that are free on the disk of the agent's folders. */
  setFree(bytes: number): void;
}

export function agentMetrics(registry: Registry, now: () => number = Date.now): AgentMetrics {
  const registers = [registry];
  const files = new Counter({
    name: 'sightline_footage_taken_files_total',
    help: 'Files that the agent took from the hand-over folder, by result',
    labelNames: ['result'],
    registers,
  });
  for (const result of ['passed_on', 'copy', 'rejected']) files.inc({ result }, 0);
  const bytes = new Counter({
    name: 'sightline_footage_taken_bytes_total',
    help: 'Bytes of the files that the agent passed on to Flume',
    registers,
  });
  const rejected = rejectedCounter(registry, rejectReasons);
  const flumeDeaths = new Counter({
    name: 'sightline_footage_flume_deaths_total',
    help: 'How often Flume died and was started again',
    registers,
  });
  const free = new Gauge({
    name: 'sightline_footage_disk_free_bytes',
    help: "Bytes that are free on the disk of the agent's folders",
    registers,
  });
  const waits = waitingGauges(registry, ['handover', 'spool'], now);
  return {
    countTaken({ passedOn, copies, rejected: notTaken, bytes: passedBytes }) {
      files.inc({ result: 'passed_on' }, passedOn);
      files.inc({ result: 'copy' }, copies);
      files.inc({ result: 'rejected' }, notTaken);
      bytes.inc(passedBytes);
    },
    countRejected: (reason) => rejected.inc({ reason }),
    setWaiting: waits,
    countFlumeDeath: () => flumeDeaths.inc(),
    setFree: (bytes) => free.set(bytes),
  };
}

export interface SettleMetrics extends Required<SettleWatch> {
  countPass(done: Settled): void;
  countPruned(pruned: { readonly files: number; readonly bytes: number }): void;
}

export function settleMetrics(registry: Registry, now: () => number = Date.now): SettleMetrics {
  const registers = [registry];
  const files = new Counter({
    name: 'sightline_footage_files_total',
    help: 'Files that arrived in HDFS, by what settling did with them; recovered ones are settled too',
    labelNames: ['result'],
    registers,
  });
  for (const result of ['settled', 'recovered', 'copy', 'rejected', 'erased']) files.inc({ result }, 0);
  const counter = (name: string, help: string): Counter => new Counter({ name, help, registers });
  const bytes = counter('sightline_footage_bytes_total', 'Bytes of the settled files');
  const prunedFiles = counter('sightline_footage_pruned_files_total', 'Settled files removed because of their age');
  const prunedBytes = counter(
    'sightline_footage_pruned_bytes_total',
    'Bytes of the files removed because of their age',
  );
  const rejected = rejectedCounter(registry, setAsideReasons);
  const delay = new Histogram({
    name: 'sightline_footage_settled_after_seconds',
    help: "Seconds from the time in a file's name, when the camera took it, until it was settled and visible",
    buckets: [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 900, 3_600],
    registers,
  });
  const last = new Gauge({
    name: 'sightline_footage_last_settled_timestamp_seconds',
    help: 'When a file was settled last; 0 before the first',
    registers,
  });
  const waits = waitingGauges(registry, ['arrived', 'open'], now);
  return {
    onArrivals(arrivals) {
      waits('arrived', arrivals.closed);
      waits('open', arrivals.open);
    },
    onSettled(footage) {
      delay.observe(Math.max(0, now() - footage.takenAtMs) / 1_000);
      last.set(now() / 1_000);
    },
    onSetAside: (reason) => rejected.inc({ reason }),
    countPass(done) {
      files.inc({ result: 'settled' }, done.settled);
      files.inc({ result: 'recovered' }, done.recovered);
      files.inc({ result: 'copy' }, done.copies);
      files.inc({ result: 'rejected' }, done.rejected);
      files.inc({ result: 'erased' }, done.erased);
      bytes.inc(done.bytes);
      waits('arrived', { files: 0, oldestAtMs: null });
    },
    countPruned(pruned) {
      prunedFiles.inc(pruned.files);
      prunedBytes.inc(pruned.bytes);
    },
  };
}

function rejectedCounter(registry: Registry, reasons: readonly string[]): Counter {
  const rejected = new Counter({
    name: 'sightline_footage_rejected_files_total',
    help: 'Files that were set aside, by reason ("sightline footage rejected" lists them)',
    labelNames: ['reason'],
    registers: [registry],
  });
  for (const reason of reasons) rejected.inc({ reason }, 0);
  return rejected;
}

/** The age is made at the scrape: it goes on growing while nobody looks at the folders. */
function waitingGauges<Place extends string>(
  registry: Registry,
  places: readonly Place[],
  now: () => number,
): (place: Place, waiting: Waiting) => void {
  const oldest = new Map<Place, number | null>(places.map((place) => [place, null]));
  const files = new Gauge({
    name: 'sightline_footage_waiting_files',
    help: 'Files on their way: in the hand-over folder, in the spool of Flume, arrived in HDFS, open in HDFS',
    labelNames: ['kind'],
    registers: [registry],
  });
  for (const kind of places) files.set({ kind }, 0);
  new Gauge({
    name: 'sightline_footage_oldest_waiting_seconds',
    help: 'How long the oldest of the waiting files has been in its folder; 0 where none waits',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      for (const [kind, atMs] of oldest) this.set({ kind }, atMs === null ? 0 : Math.max(0, now() - atMs) / 1_000);
    },
  });
  return (kind, waiting) => {
    files.set({ kind }, waiting.files);
    oldest.set(kind, waiting.oldestAtMs);
  };
}
