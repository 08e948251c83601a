/** Reads a file that a person named: it is there, or the message says what is wrong with it. */
import { readFileSync } from 'node:fs';
import { EXIT, messageOf, Refusal } from '../../core/process/errors.ts';

/** Throws a Refusal (usage). */
export function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (fault) {
    throw new Refusal(EXIT.usage, `${file} cannot be read: ${messageOf(fault)}`);
  }
}
