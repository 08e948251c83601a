/** Records and rules for tests of the speed layer. */
import type { LogRecord } from '../../../core/domain/detection.ts';
import type { Rules } from '../../../core/domain/rules.ts';
import type { Stamps } from '../../../core/domain/stamps.ts';
import type { StampGate } from '../../../core/stores/control/stamp-gate.ts';
import type { Progress } from '../../../core/stores/control/progress-rows.ts';
import { homeOf } from '../../../core/domain/home.ts';
import { oid } from '../../../core/domain/oid.ts';
import { NO_TALLIES } from '../../../core/domain/tallies.ts';
import { instant, LAST_INSTANT } from '../../../core/domain/time.ts';

export const NOON = Date.UTC(2026, 10, 22, 12);

export const RULES: Rules = {
  generation: 1,
  logLife: 1,
  epochSeconds: 86_400,
  dedupWindowDays: 2,
  clockAheadDays: 1,
  partitionCount: 4,
  firstEpoch: 0,
  firstOffsets: [0, 0, 0, 0],
};

/** Every stamp is settled, and none is corrected. */
export const SETTLED: Stamps = { settled: instant(LAST_INSTANT), corrections: [] };

export const SETTLED_GATE: StampGate = {
  pass: async (_, soFar) => ({ reaches: soFar, ahead: null, stamps: SETTLED }),
  forget: () => undefined,
};

export interface Said {
  readonly id: number;
  readonly place?: number;
  readonly item?: string;
  readonly detectedAt?: number;
  readonly stamp?: number;
  readonly partition?: number;
  readonly headers?: LogRecord['headers'];
}

/** A record at its id's home unless a partition is given. */
export function record(offset: number, said: Said): LogRecord {
  const { id, place = 1, item = 'car', stamp = NOON, detectedAt = stamp, headers = [] } = said;
  const text =
    `{"geographical_location_oid":${place},"video_camera_oid":9,"detection_oid":${id},"item_name":"${item}",` +
    `"timestamp_detected":${detectedAt}}`;
  return {
    partition: said.partition ?? home(id),
    offset,
    stamp,
    key: Buffer.from(String(id)),
    value: Buffer.from(text),
    headers,
  };
}

export const home = (id: number): number => homeOf(oid(id), RULES.partitionCount);

/** Ids whose home is this partition, the smallest first. */
export function idsAt(partition: number, count: number): number[] {
  const ids: number[] = [];
  for (let id = 1; ids.length < count; id++) if (home(id) === partition) ids.push(id);
  return ids;
}

export function progressOf(partition: number, nextOffset = 0): Progress {
  return { partition, nextOffset, arrival: instant(0), tallies: NO_TALLIES };
}
