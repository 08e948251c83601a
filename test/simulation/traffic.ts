/**
 * What cameras, other producers and accidents write: new detections, copies in right and wrong partitions (the same
 * bytes, other bytes, a new timestamp, another payload), late and deferred ones, ticks, and records that cannot be
 * detections.
 */
import { homeOf } from '../../core/domain/home.ts';
import { oid } from '../../core/domain/oid.ts';
import { DAY_MS } from '../../core/domain/time.ts';
import { TICK_HEADER } from '../../core/domain/verdict.ts';
import type { Payload, SimulatedLog } from './log.ts';
import type { Dice } from './random.ts';

/** What a broker with its default limit takes, without a key and headers. */
export const GREATEST_VALUE_BYTES = 1_048_516;

interface Sent {
  readonly id: string;
  readonly location: string;
  readonly item: string;
  readonly detectedAtMs: number;
}

export interface Traffic {
  /** Appends one record. */
  send(): void;
}

export const START_MS = Date.UTC(2026, 10, 20);
export const PLACES = ['1', '2', '-7', '9223372036854775807'];
const ITEMS = ['car', 'person', 'bicycle', 'Fahrrad mit Anhänger', 'x'.repeat(100)];
const POISON: readonly (Buffer | null)[] = [
  null,
  Buffer.alloc(0),
  Buffer.from('not json'),
  Buffer.from('{"detection_oid":1}'),
  Buffer.from([0xff, 0xfe]),
  Buffer.from('[]'),
];

/** Two detections as large as the topic takes: blanks are JSON too. Made once, when the first is wanted. */
let largeValues: readonly Buffer[] | null = null;
function large(): readonly Buffer[] {
  const text = (id: string): string =>
    `{"geographical_location_oid":1,"video_camera_oid":5,"detection_oid":${id},"item_name":"car","timestamp_detected":${START_MS}}`;
  return (largeValues ??= ['4611686018427387001', '4611686018427387002'].map((id) =>
    Buffer.from(text(id).padEnd(GREATEST_VALUE_BYTES)),
  ));
}

export function traffic(log: SimulatedLog, random: Dice): Traffic {
  const sent: Sent[] = [];
  const first = log.partitions.length;
  /** Producers hear of new partitions at different times. */
  const countNow = (): number => (log.partitions.length > first && random.chance(0.4) ? first : log.partitions.length);
  let serial = 0;
  const fresh = (): Sent => ({
    id: String((BigInt(++serial) * 7_777_777_777n) % 2n ** 62n),
    location: random.pick(PLACES),
    item: random.pick(ITEMS),
    detectedAtMs: Math.max(0, log.clockMs() - ageMs(random)),
  });
  const again = (): Sent => {
    // Mostly of late, since most copies come soon.
    const of = random.chance(0.7) ? sent[Math.max(0, sent.length - 1 - random.below(20))]! : random.pick(sent);
    if (random.chance(0.1)) return { ...of, detectedAtMs: log.clockMs() };
    return random.chance(0.1) ? { ...of, item: random.pick(ITEMS), location: random.pick(PLACES) } : of;
  };
  return {
    send() {
      const dieRoll = random.next();
      const anywhere = random.below(log.partitions.length);
      if (dieRoll < 0.03) log.append(anywhere, tick(random));
      else if (dieRoll < 0.08) log.append(anywhere, { key: null, value: random.pick(POISON), headers: [] });
      else if (dieRoll < 0.082) log.append(anywhere, { key: null, value: random.pick(large()), headers: [] });
      else {
        const detection = sent.length > 0 && random.chance(0.35) ? again() : fresh();
        sent.push(detection);
        const home = homeOf(oid(detection.id), countNow());
        log.append(random.chance(0.8) ? home : anywhere, payloadOf(detection, random));
      }
    },
  };
}

function ageMs(random: Dice): number {
  if (random.chance(0.03)) return random.below(5 * DAY_MS);
  if (random.chance(0.03)) return -random.below(2 * DAY_MS);
  return random.chance(0.1) ? random.below(7_200_000) : random.below(3_000);
}

function tick(random: Dice): Payload {
  const value = random.chance(0.2) ? null : Buffer.alloc(0);
  return { key: null, value, headers: [[TICK_HEADER, Buffer.from('1')]] };
}

function payloadOf({ id, location, item, detectedAtMs }: Sent, random: Dice): Payload {
  const oids = `"geographical_location_oid":${location},"video_camera_oid":5`;
  const rest = `"item_name":${JSON.stringify(item)},"timestamp_detected":${detectedAtMs}`;
  const text = random.chance(0.8)
    ? `{${oids},"detection_oid":${id},${rest}}`
    : `{${rest}, "extra":[1,{}], "detection_oid":"${id}",${oids}}`;
  return { key: random.chance(0.9) ? Buffer.from(id) : null, value: Buffer.from(text), headers: [] };
}
