/**
 * The parameters of a request as values of a question; each fault is a BadQuestion that names its field.
 *
 * A parameter that is given twice is a fault, not a choice; one that the API does not know is left alone.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { Oid } from '../../core/domain/oid.ts';
import { readOid } from '../../core/domain/oid.ts';
import { isDateText } from '../../core/domain/time.ts';
import { isZone } from '../../core/domain/zone.ts';
import { BadQuestion } from '../faults.ts';
import { readTime } from '../window.ts';

export type Parameters = (name: string) => string | undefined;

export function parametersOf(request: Request): Parameters {
  const { searchParams } = new URL(request.url);
  return (name) => {
    const values = searchParams.getAll(name);
    if (values.length > 1) throw new BadQuestion(name, `${name} is given ${values.length} times; once was expected`);
    return values[0] === '' ? undefined : values[0];
  };
}

export function windowIn(parameters: Parameters): { from?: number; to?: number } {
  const from = parameters('from');
  const to = parameters('to');
  return {
    ...(from === undefined ? {} : { from: readTime('from', from) }),
    ...(to === undefined ? {} : { to: readTime('to', to) }),
  };
}

/** `all` if it is left out. */
export function locationIn(parameters: Parameters): Scope {
  const text = parameters('location') ?? 'all';
  return text === 'all' ? 'all' : oidIn('location', text, 'all, or ');
}

export function oidIn(field: string, text: string, or = ''): Oid {
  const reading = readOid(text);
  if (reading.ok) return reading.oid;
  throw new BadQuestion(field, `${field} is ${shown(text)}; ${or}a signed 64-bit integer in decimal digits was expected`);
}

export function wholeIn(
  parameters: Parameters,
  field: string,
  bounds: { least: number; greatest: number; multipleOf?: number },
): number | undefined {
  const text = parameters(field);
  if (text === undefined) return undefined;
  const { least, greatest, multipleOf = 1 } = bounds;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= greatest && value % multipleOf === 0) return value;
  const kind = multipleOf === 1 ? 'a whole number' : `a multiple of ${multipleOf}`;
  throw new BadQuestion(field, `${field} is ${shown(text)}; ${kind} from ${least} to ${greatest} was expected`);
}

export function choiceIn<Choice extends string>(parameters: Parameters, field: string, choices: readonly Choice[]): Choice | undefined {
  const text = parameters(field);
  if (text === undefined) return undefined;
  const chosen = choices.find((choice) => choice === text);
  if (chosen !== undefined) return chosen;
  throw new BadQuestion(field, `${field} is ${shown(text)}; ${choices.join(' or ')} was expected`);
}

export function flagIn(parameters: Parameters, field: string): boolean {
  const text = parameters(field) ?? 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  throw new BadQuestion(field, `${field} is ${shown(text)}; true or false was expected`);
}

/** `YYYY-MM-DD` */
export function dateIn(parameters: Parameters, field: string): string | undefined {
  const text = parameters(field);
  if (text === undefined) return undefined;
  if (isDateText(text)) return text;
  throw new BadQuestion(field, `${field} is ${shown(text)}; a date such as 2026-11-22 was expected`);
}

/** A time zone of the IANA list. */
export function zoneIn(parameters: Parameters, field: string): string | undefined {
  const text = parameters(field);
  if (text === undefined || isZone(text)) return text;
  throw new BadQuestion(field, `${field} is ${shown(text)}; a time zone of the IANA list such as Europe/Berlin was expected`);
}

function shown(text: string): string {
  return JSON.stringify(text.length <= 60 ? text : `${text.slice(0, 57)}…`);
}
