/**
 * Why a record cannot be a detection: the closed list of reasons.
 *
 * The parser names one, the dead-letter topic carries it in `__connect.errors.exception.class.name`, metrics and the
 * Trust page count by it. A new reason is a new line here and nowhere else.
 */
export const DEAD_LETTER_REASONS = {
  tombstone: 'the record has no value',
  empty_value: 'the value has no bytes',
  byte_order_mark: 'the value begins with a byte-order mark',
  bad_utf8: 'the value is not UTF-8',
  not_json: 'the value is not JSON',
  not_an_object: 'the value is JSON, but not an object',
  duplicate_field: 'a field occurs twice',
  lone_surrogate: 'a text holds half of a surrogate pair',
  missing_field: 'a field is missing',
  wrong_type: 'a field has the wrong type',
  out_of_range: 'a number is out of range',
  item_name_length: 'item_name has fewer than 1 or more than 5000 code points',
  ahead_of_arrival: 'timestamp_detected is too far ahead of the arrival',
  stray_not_at_home: 'the record was forwarded before and is not at home all the same',
  too_large_to_forward: 'the record is outside its home partition, and its value is too large to be sent there',
} as const;

export type DeadLetterReason = keyof typeof DEAD_LETTER_REASONS;

export interface DeadLetter {
  readonly reason: DeadLetterReason;
  /** What was found, for a person: names the field and what was expected. */
  readonly detail: string;
}
