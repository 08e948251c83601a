/**
 * The metrics of packing for Prometheus: what went into packs, what its originals left, and when a pass ended well.
 *
 * service.ts sets them. No camera is a label, so their number does not grow with the fleet.
 */
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { Refusal } from '../../core/process/errors.ts';
import { EXIT, Retryable } from '../../core/process/errors.ts';
import type { PackedDay } from './pack.ts';

export interface PackMetrics {
  /** A day of a camera is packed; a long pass shows its progress. */
  countDay(day: PackedDay): void;
  /** The pass has ended, whether or not there was something to pack. */
  endPass(days: readonly PackedDay[]): void;
  countFailure(fault: Retryable | Refusal): void;
}

/** `held`: another process packs, erases or analyses. `away`: HDFS or HBase did not answer. */
const REASONS = ['held', 'away', 'other'] as const;

export function packMetrics(registry: Registry, now: () => number = Date.now): PackMetrics {
  const registers = [registry];
  const counter = (name: string, help: string): Counter => new Counter({ name, help, registers });
  const frames = counter('sightline_footage_packed_frames_total', 'Frames that were written into packs');
  const bytes = counter('sightline_footage_packed_bytes_total', 'Bytes of the frames that were written into packs');
  const packs = counter('sightline_footage_packs_total', 'Packs that were written and verified');
  const originals = counter(
    'sightline_footage_packed_originals_removed_total',
    'Settled files that were removed because a verified pack holds them',
  );
  const damaged = new Gauge({
    name: 'sightline_footage_damaged_files',
    help: 'Settled files that stay because they have other bytes than their names say, by the last pass of packing',
    registers,
  });
  const last = new Gauge({
    name: 'sightline_footage_pack_last_success_timestamp_seconds',
    help: 'When a pass of packing ended last, with something to pack or without; 0 before the first',
    registers,
  });
  const failures = new Counter({
    name: 'sightline_footage_pack_failures_total',
    help: 'Passes of packing that failed, by reason; the next one goes on from there',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of REASONS) failures.inc({ reason }, 0);
  return {
    countDay(day) {
      frames.inc(day.frames);
      bytes.inc(day.bytes);
      packs.inc(day.packs);
      originals.inc(day.removed);
    },
    endPass(days) {
      damaged.set(days.reduce((sum, day) => sum + day.damaged.length, 0));
      last.set(now() / 1_000);
    },
    countFailure: (fault) => failures.inc({ reason: reasonOf(fault) }),
  };
}

function reasonOf(fault: Retryable | Refusal): (typeof REASONS)[number] {
  if (fault instanceof Retryable) return 'away';
  if (fault.exitCode === EXIT.lake_held) return 'held';
  return 'other';
}
