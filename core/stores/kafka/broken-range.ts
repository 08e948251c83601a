/**
 * An offset that the log does not hold: no worker may skip it in silence (law L1).
 *
 * Workers and readers throw this fault wherever they find it; the message says what a person can do.
 */
import { EXIT, Refusal } from '../../process/errors.ts';

export function isBroken(offset: number, ends: { low: number; high: number }): boolean {
  return offset < ends.low || offset > ends.high;
}

export function brokenRange(
  topic: string,
  partition: number,
  offset: number,
  ends: { low: number; high: number },
): Refusal {
  const found =
    `Partition ${partition} of ${topic} holds offsets ${ends.low} to ${ends.high}, ` +
    `and offset ${offset} was wanted`;
  const because =
    offset < ends.low
      ? 'Kafka deleted records by retention before they were counted. Restore them from a replica or a backup of the ' +
        'log. To go on without them, begin anew with "sightline cluster reset", and raise KAFKA_RETENTION_HOURS.'
      : 'The log ends before the offset that is counted: acknowledged records are gone (an unclean leader election, ' +
        'or a topic that was restored from an older copy). Restore the log, or begin anew with ' +
        '"sightline cluster reset".';
  return new Refusal(EXIT.data_check_failed, `${found}. ${because}`);
}
