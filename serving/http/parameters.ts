/**
 * Types of request parameters: each one defines its reader and its OpenAPI schema.
 *
 * path-parameters.ts lists the parameters of every path, handlers read them, openapi-document.ts publishes them. A
 * parameter that is given twice is a fault. An unknown parameter is ignored. An empty one counts as left out, because
 * HTML forms send those. Each fault is a BadQuestion that names its field. A test checks that schema and reader accept
 * the same texts.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { Oid } from '../../core/domain/oid.ts';
import { EPOCH_NAME_PATTERN } from '../../core/domain/epoch.ts';
import { OID_PATTERN, readOid } from '../../core/domain/oid.ts';
import { DATE_PATTERN, isDateText, TIME_PATTERN } from '../../core/domain/time.ts';
import { isZone } from '../../core/domain/zone.ts';
import type { StreamQuestion } from '../stream/question.ts';
import { settledNamePattern } from '../../core/layout/footage.ts';
import { CURSOR_PATTERN, readCursor } from '../lists/cursor.ts';
import { FOOTAGE_CURSOR_PATTERN, readFootageCursor } from '../lists/footage-cursor.ts';
import { BadQuestion } from '../faults.ts';
import { MOST_STREAMED, QUESTIONS_PATTERN, readQuestionNames } from '../stream/question.ts';
import { readTime } from '../counts/window.ts';

export type Schema = Readonly<Record<string, unknown>>;

export interface Parameter<Value> {
  readonly description: string;
  readonly schema: Schema;
  /** The parameter must be given. */
  readonly isRequired?: true;
  /** `undefined`: left out. Throws a BadQuestion that names `field`. */
  read(text: string | undefined, field: string): Value;
}

/** Parameters by name. */
export type ParameterSet = Readonly<Record<string, Parameter<unknown>>>;
export type ReadValues<Parameters extends ParameterSet> = {
  readonly [Name in keyof Parameters]: ReturnType<Parameters[Name]['read']>;
};

export function readQuery<Parameters extends ParameterSet>(
  parameters: Parameters,
  request: Request,
): ReadValues<Parameters> {
  const readValue = queryReader(request);
  const read = Object.entries(parameters).map(([name, parameter]) => [name, parameter.read(readValue(name), name)]);
  return Object.fromEntries(read) as ReadValues<Parameters>;
}

export function readPath<Name extends string, Value>(
  parameters: Readonly<Record<Name, Parameter<Value>>>,
  name: Name,
  params: Readonly<Record<Name, string>>,
): Value {
  return parameters[name].read(params[name], name);
}

/** Returns a function that reads a value of the query by name; undefined for an empty one. */
export function queryReader(request: Request): (name: string) => string | undefined {
  const { searchParams } = new URL(request.url);
  return (name) => {
    const values = searchParams.getAll(name);
    if (values.length > 1) throw new BadQuestion(name, `${name} is given ${values.length} times; once was expected`);
    return values[0] === '' ? undefined : values[0];
  };
}

const OID: Schema = { type: 'string', pattern: OID_PATTERN };

export const scope = (description: string): Parameter<Scope> => ({
  description,
  schema: { anyOf: [{ const: 'all' }, OID], default: 'all' },
  read: (text = 'all', field) => (text === 'all' ? 'all' : oidOf(text, field, 'all, or ')),
});

export const oid = (description: string): Parameter<Oid> => ({
  description,
  schema: OID,
  read: (text = '', field) => oidOf(text, field),
});

export const oidIfGiven = (description: string): Parameter<Oid | undefined> => ({
  description,
  schema: OID,
  read: (text, field) => (text === undefined ? undefined : oidOf(text, field)),
});

function oidOf(text: string, field: string, or = ''): Oid {
  const reading = readOid(text);
  if (reading.ok) return reading.oid;
  throw new BadQuestion(
    field,
    `${field} is ${quote(text)}; ${or}a signed 64-bit integer in decimal digits was expected`,
  );
}

export const time = (description: string): Parameter<number | undefined> => ({
  description: `${description}. Epoch milliseconds or ISO 8601 (UTC if it has no zone)`,
  schema: { type: 'string', pattern: TIME_PATTERN, examples: ['1795356000000', '2026-11-22T14:00Z'] },
  read: (text, field) => (text === undefined ? undefined : readTime(field, text)),
});

interface Bounds {
  readonly least: number;
  readonly greatest: number;
  readonly multipleOf?: number;
  readonly byDefault: number;
}

export const wholeNumber = (
  description: string,
  { least, greatest, multipleOf = 1, byDefault }: Bounds,
): Parameter<number> => ({
  description,
  schema: {
    type: 'integer',
    minimum: least,
    maximum: greatest,
    ...(multipleOf === 1 ? {} : { multipleOf }),
    default: byDefault,
  },
  read(text, field) {
    if (text === undefined) return byDefault;
    const value = /^(?:0|[1-9]\d{0,9})$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= greatest && value % multipleOf === 0) return value;
    const kind = multipleOf === 1 ? 'a whole number' : `a multiple of ${multipleOf}`;
    throw new BadQuestion(field, `${field} is ${quote(text)}; ${kind} from ${least} to ${greatest} was expected`);
  },
});

export const choice = <Choice extends string>(
  description: string,
  choices: readonly Choice[],
  byDefault: Choice,
): Parameter<Choice> => ({
  description,
  schema: { enum: choices, default: byDefault },
  read(text = byDefault, field) {
    const chosen = choices.find((one) => one === text);
    if (chosen !== undefined) return chosen;
    throw new BadQuestion(field, `${field} is ${quote(text)}; ${choices.join(' or ')} was expected`);
  },
});

export const flag = (description: string): Parameter<boolean> => ({
  description,
  schema: { type: 'boolean', default: false },
  read(text = 'false', field) {
    if (text === 'true' || text === 'false') return text === 'true';
    throw new BadQuestion(field, `${field} is ${quote(text)}; true or false was expected`);
  },
});

export const date = (description: string): Parameter<string | undefined> => ({
  description,
  schema: { type: 'string', pattern: DATE_PATTERN, examples: ['2026-11-22'] },
  read(text, field) {
    if (text === undefined || isDateText(text)) return text;
    throw new BadQuestion(field, `${field} is ${quote(text)}; a date such as 2026-11-22 was expected`);
  },
});

export const cursor = (description: string): Parameter<string | undefined> => ({
  description,
  schema: { type: 'string', pattern: CURSOR_PATTERN },
  read(text) {
    if (text !== undefined) readCursor(text);
    return text;
  },
});

export const footageCursor = (description: string): Parameter<string | undefined> => ({
  description,
  schema: { type: 'string', pattern: FOOTAGE_CURSOR_PATTERN },
  read(text) {
    if (text !== undefined) readFootageCursor(text);
    return text;
  },
});

const FILE_NAME_PATTERN = settledNamePattern(OID_PATTERN.slice(1, -1));
const FILE_NAME = new RegExp(FILE_NAME_PATTERN);

/** The name of a file of footage within its day. */
export const footageName = (description: string): Parameter<string> => ({
  description,
  schema: { type: 'string', pattern: FILE_NAME_PATTERN },
  read(text = '', field) {
    if (FILE_NAME.test(text)) return text;
    throw new BadQuestion(field, `${field} is ${quote(text)}; the name of a file of footage was expected`);
  },
});

/** V8 lists some zones under their older name only, but accepts both names, in any case. */
const RENAMED = [
  'UTC',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Asia/Ho_Chi_Minh',
  'Asia/Yangon',
  'Europe/Kyiv',
  'America/Nuuk',
  'Atlantic/Faroe',
];
const ZONES = [...new Set([...RENAMED, ...Intl.supportedValuesOf('timeZone')])].sort();

/** A time zone of the IANA list. */
export const zone = (description: string): Parameter<string | undefined> => ({
  description,
  schema: { type: 'string', enum: ZONES },
  read(text, field) {
    if (text === undefined || isZone(text)) return text;
    throw new BadQuestion(
      field,
      `${field} is ${quote(text)}; a time zone of the IANA list such as Europe/Berlin was expected`,
    );
  },
});

export const questionNames = (description: string): Parameter<StreamQuestion[] | undefined> => ({
  description,
  schema: {
    type: 'string',
    pattern: QUESTIONS_PATTERN,
    examples: ['all.3600.10', 'all.3600.10.1795356000000,17.300.10'],
  },
  read(text, field) {
    const questions = text === undefined ? undefined : readQuestionNames(text);
    if (questions !== null) return questions;
    throw new BadQuestion(
      field,
      `${field} is ${quote(text!)}; up to ${MOST_STREAMED} names location.window.limit[.since] were expected, ` +
        'such as all.3600.10,17.300.10',
    );
  },
});

const EPOCH_NAME = new RegExp(EPOCH_NAME_PATTERN);

export const epochName = (description: string): Parameter<string> => ({
  description,
  schema: { type: 'string', pattern: EPOCH_NAME_PATTERN, examples: ['2026-11-22', '2026-11-22T1410'] },
  read(text = '', field) {
    if (EPOCH_NAME.test(text)) return text;
    throw new BadQuestion(
      field,
      `${field} is ${quote(text)}; the name of an epoch was expected, such as 2026-11-22 or 2026-11-22T1410`,
    );
  },
});

function quote(text: string): string {
  return JSON.stringify(text.length <= 60 ? text : `${text.slice(0, 57)}…`);
}
