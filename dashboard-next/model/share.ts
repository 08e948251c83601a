/**
 * How much of a total the batch layer has published, and how much the speed layer alone has counted.
 *
 * The two shares are of the total on the screen and add up to 100.0.
 */
import type { Parts, TrustAnswer } from '../../serving/answers.ts';
import type { Verdict } from './questions.ts';
import { share } from '../text/numbers.ts';
import { ago, clock, day, NBSP } from '../text/times.ts';

const DAY_S = 86_400;
/** The batch layer is late one epoch after its time, but never sooner than this. */
const LATE_AFTER_S = 600;

interface Split {
  readonly batch: string;
  readonly speed: string;
  /** In per cent, for the bar. */
  readonly batchWidth: number;
}

export function splitTotal({ batch, speed }: Parts): Split {
  const total = batch + speed;
  if (total === 0) return { batch: '–', speed: '–', batchWidth: 0 };
  return { batch: share(batch, total), speed: share(speed, total), batchWidth: (batch / total) * 100 };
}

/** Below "Batch": `to 22 Nov, proved`. */
export function batchNote(
  trust: TrustAnswer | null,
  verdict: Verdict | null,
  zone: string,
  now: number,
): { text: string; warn: boolean } {
  const late = trust ? batchLate(trust) : null;
  if (late) return { text: late, warn: true };
  if (!trust?.horizon) return { text: trust ? 'none yet' : '', warn: false };
  const upTo = `to ${horizonText(trust, zone, now)}`;
  if (verdict?.epoch !== trust.horizon.epoch) return { text: upTo, warn: false };
  if (verdict.result === 'repaired') return { text: `${upTo}, ${verdict.differences} repaired`, warn: false };
  return { text: `${upTo}, ${verdict.result}`, warn: verdict.result === 'unproven' };
}

/** The last published day; if epochs are shorter than a day, the end of the last one. */
export function horizonText(trust: TrustAnswer, zone: string, now: number): string {
  if (!trust.horizon) return 'none';
  const { epoch, ends_at: endsAt } = trust.horizon;
  if (trust.epoch_seconds >= DAY_S) return day(Date.parse(`${epoch.slice(0, 10)}T00:00Z`), 'UTC', now);
  const today = day(endsAt, zone, now) === day(now, zone, now);
  return `${today ? '' : `${day(endsAt, zone, now)} `}${clock(endsAt, zone)}`;
}

/** `Batch is 1 night late`, or null. */
export function batchLate({ batch, epoch_seconds: epochSeconds }: TrustAnswer): string | null {
  if (batch.behind_epochs === 0 || batch.behind_seconds <= Math.max(LATE_AFTER_S, epochSeconds)) return null;
  if (epochSeconds < DAY_S) return `Batch is ${ago(batch.behind_seconds * 1_000)} late`;
  return `Batch is ${batch.behind_epochs}${NBSP}night${batch.behind_epochs === 1 ? '' : 's'} late`;
}

/** Below "Speed": when the open epoch ends, so that the batch layer can check it. */
export function speedNote(parts: Parts | undefined, trust: TrustAnswer | null, zone: string): string {
  if (parts?.speed === 0) return 'none';
  return trust ? `checked after ${clock(trust.batch.open_ends_at, zone)}` : '';
}
