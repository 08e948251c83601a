/**
 * Which records of a stretch of the log are about an id, and what each of them was: by the laws that both layers use.
 *
 * find-records.ts hands over records in the order of offsets. Arrival is the greatest stamp so far, so it is exact
 * unless a stamp before the stretch was greater. A record that cannot be parsed is about the id if its key is the id's
 * text or its bytes name the id in the field.
 */
import type { LogRecord, Detection } from '../../core/domain/detection.ts';
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { Correction } from '../../core/domain/stamps.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { Payload, TracedRecord } from './model.ts';
import { BEFORE_ALL } from '../../core/domain/arrival.ts';
import { epochOf, nameOf } from '../../core/domain/epoch.ts';
import { outcomeOf } from '../../core/domain/first-met.ts';
import { parseDetection } from '../../core/domain/parse.ts';
import { arrivalOf } from '../../core/domain/stamps.ts';
import { classify, STRAY_HEADER } from '../../core/domain/verdict.ts';

export interface Stretch {
  readonly id: Oid;
  readonly rules: Rules;
  readonly row: FirstMet | null;
  readonly corrections: readonly Correction[];
}

export interface Judge {
  /** The records among these that are about the id. */
  take(records: readonly LogRecord[]): TracedRecord[];
}

/** For one partition, from its first record that is read on. */
export function recordJudge({ id, rules, row, corrections }: Stretch): Judge {
  let soFar: Instant = BEFORE_ALL;
  const names = namesId(id);
  return {
    take(records) {
      const traced: TracedRecord[] = [];
      for (const record of records) {
        soFar = arrivalOf(soFar, record, corrections);
        if (names(record)) traced.push(tracedRecord(record, soFar, { id, rules, row }));
      }
      return traced;
    },
  };
}

/** A cheap look first: parsing every record of a window would cost many times as much. */
function namesId(id: Oid): (record: Pick<LogRecord, 'key' | 'value'>) => boolean {
  const text = Buffer.from(id);
  const field = new RegExp(`"detection_oid"\\s*:\\s*"?${id}(?![0-9])`);
  return ({ key, value }) => {
    if (key !== null && key.equals(text)) return true;
    if (value === null || !value.includes(text)) return false;
    const reading = parseDetection(value);
    return reading.ok ? reading.detection.id === id : field.test(value.toString('latin1'));
  };
}

function tracedRecord(record: LogRecord, arrival: Instant, about: Pick<Stretch, 'id' | 'rules' | 'row'>): TracedRecord {
  const { rules, row } = about;
  const verdict = classify(record, arrival, rules);
  const from = record.headers.find(([name]) => name === STRAY_HEADER)?.[1];
  const common = {
    kafka_partition: record.partition,
    kafka_offset: record.offset,
    stamp: record.stamp,
    arrived_at: arrival,
    epoch: nameOf(epochOf(arrival, rules), rules),
    ...(from ? { forwarded_from: from.toString('latin1') } : {}),
    payload: payloadOf(record),
  };
  if (verdict.kind === 'detection') {
    const met = {
      logLife: rules.logLife,
      partition: record.partition,
      offset: record.offset,
      arrival,
      detection: verdict.detection,
    };
    return { ...common, verdict: outcomeOf(met, row, rules) };
  }
  if (verdict.kind === 'stray') return { ...common, verdict: 'stray', home: verdict.home };
  const { reason, detail } = verdict.kind === 'tick' ? { reason: 'tick', detail: 'a tick' } : verdict.deadLetter;
  return { ...common, verdict: 'dead_letter', reason, detail };
}

function payloadOf({ value }: LogRecord): Payload | null {
  const reading = parseDetection(value);
  return reading.ok ? payload(reading.detection) : null;
}

export function payload({ location, camera, item, detectedAt }: Detection): Payload {
  return {
    geographical_location_oid: location,
    video_camera_oid: camera,
    item_name: item,
    timestamp_detected: detectedAt,
  };
}
