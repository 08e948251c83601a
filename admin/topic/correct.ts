/**
 * Correcting stamps that run ahead: which records of a partition, and what becomes of them (law L5).
 *
 * command-correct.ts opens its ports; the simulation calls it with wrong clocks and old views. A correction begins with
 * the first record that is ahead of the clock: every reader with a right clock waits before it. It ends with the last
 * of the following records that are ahead too. A plan may be out of date when it is recorded: recording refuses it if a
 * reader has passed the first record meanwhile (core/stores/control/stamp-gate.ts).
 */
import type { LogRecord } from '../../core/domain/detection.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { Correction } from '../../core/domain/stamps.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { ControlStore } from '../../core/stores/control/control.ts';
import type { LogReader } from '../../core/stores/kafka/types.ts';
import type { CorrectionRefused } from '../../core/stores/control/stamp-gate.ts';
import { BEFORE_ALL } from '../../core/domain/arrival.ts';
import { arrivalOf, isCorrected } from '../../core/domain/stamps.ts';
import { classify } from '../../core/domain/verdict.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { recordCorrection } from '../../core/stores/control/stamp-gate.ts';

export interface CorrectPorts {
  readonly rules: Rules;
  readonly control: Pick<ControlStore, 'stamps' | 'moveStamps' | 'progress' | 'horizon'>;
  readonly reader: Pick<LogReader, 'read'>;
  readonly now: () => number;
  readonly aheadMs: number;
}

export interface Plan {
  readonly partition: number;
  readonly correction: Correction;
  /** Of the first record. */
  readonly stamp: number;
  readonly greatestStamp: number;
  /** The arrival that they count with. */
  readonly arrival: Instant;
  readonly records: number;
  /** How many of them become dead letters: their own time is too far ahead of that arrival. */
  readonly deadLetters: number;
  /** The last record that the log holds is one of them, so the next one may be ahead too. */
  readonly reachesEnd: boolean;
}

/** The offset before which everything is decided. */
interface Decided {
  readonly offset: number;
  readonly arrival: Instant;
}

/** What there is to correct in a partition; null if no stamp is ahead. `to`: the last offset, if it is given. */
export async function planFor(ports: CorrectPorts, partition: number, to?: number): Promise<Plan | null> {
  const { rules, control, reader, now, aheadMs } = ports;
  const [found] = await control.stamps(rules.logLife, [partition]);
  const decided = await decidedOf(ports, partition);
  const latest = now() + aheadMs;
  const limit = Math.max(decided.arrival, found!.settled, latest);
  const isOfRun = ({ offset, stamp }: LogRecord): boolean =>
    !isCorrected(offset, found!.corrections) && (to === undefined ? stamp > latest : offset <= to);
  let { arrival } = decided;
  let plan: Plan | null = null;
  for await (const { records } of reader.read(partition, decided.offset)) {
    for (const record of records) {
      if (plan && !isOfRun(record)) return { ...plan, reachesEnd: false };
      const reached = arrivalOf(arrival, record, found!.corrections);
      if (plan || reached > limit) plan = withRecord(plan, record, arrival, rules);
      else arrival = reached;
    }
  }
  return plan;
}

function withRecord(plan: Plan | null, record: LogRecord, arrival: Instant, rules: Rules): Plan {
  const { partition, offset, stamp } = record;
  const verdict = classify(record, arrival, rules);
  const isLost = verdict.kind === 'dead_letter' && classify(record, stamp as Instant, rules).kind !== 'dead_letter';
  return {
    ...{ partition, arrival, stamp: plan?.stamp ?? stamp, reachesEnd: true },
    correction: { from: plan?.correction.from ?? offset, to: offset },
    greatestStamp: Math.max(plan?.greatestStamp ?? stamp, stamp),
    records: (plan?.records ?? 0) + 1,
    deadLetters: (plan?.deadLetters ?? 0) + (isLost ? 1 : 0),
  };
}

/** The later of the speed layer's progress and the batch layer's cut. */
async function decidedOf({ rules, control }: CorrectPorts, partition: number): Promise<Decided> {
  const [progress] = await control.progress(rules.generation, [partition]);
  const horizon = await control.horizon(rules.generation);
  const cut = horizon?.cuts[partition];
  const first: Decided = { offset: rules.firstOffsets[partition] ?? 0, arrival: BEFORE_ALL };
  const ofSpeed: Decided = progress ? { offset: progress.nextOffset, arrival: progress.arrival } : first;
  const ofBatch: Decided = cut === undefined ? first : { offset: cut, arrival: horizon!.arrivals[partition]! };
  return ofSpeed.offset >= ofBatch.offset ? ofSpeed : ofBatch;
}

/** Records it for all readers. Throws a Refusal if one of them has passed its first record. */
export async function correct(
  { control, rules }: CorrectPorts,
  { partition, correction, stamp }: Plan,
): Promise<'recorded' | 'present'> {
  const done = await recordCorrection(control, { logLife: rules.logLife, partition, correction, stamp });
  if ('by' in done) throw tooLate(partition, correction, done);
  return done.status;
}

function tooLate(partition: number, { from, to }: Correction, { status, by }: CorrectionRefused): Refusal {
  const range = `Offsets ${from} to ${to} of partition ${partition}`;
  return new Refusal(
    EXIT.data_check_failed,
    status === 'amid'
      ? `${range} were corrected in part by somebody else meanwhile; a correction is never changed. ` +
          'Look again with --dry-run.'
      : `${range} cannot be corrected any more: a reader has passed a stamp of ` +
          `${new Date(by.settled).toISOString()} in it, because its ` +
          'clock had come there or ran ahead. They count as they are stamped.',
  );
}
