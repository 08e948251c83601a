/**
 * The API as an OpenAPI 3.1 document, made from the schemas of its answers.
 *
 * http/openapi.ts serves it, a test holds every answer against it. What an answer looks like is written once, in answers.ts;
 * this file adds paths, parameters and which schema each path answers with. docs/api.md says what things mean.
 */
import { z } from 'zod';
import * as answers from './answers.ts';

type Json = Readonly<Record<string, unknown>>;

const SCHEMAS = {
  TopItemsAnswer: answers.TopItemsAnswer,
  StreamedTopItems: answers.StreamedTopItems,
  LocationsAnswer: answers.LocationsAnswer,
  TimelineAnswer: answers.TimelineAnswer,
  DetectionsAnswer: answers.DetectionsAnswer,
  DetectionAnswer: answers.DetectionAnswer,
  TrustAnswer: answers.TrustAnswer,
  RunsAnswer: answers.RunsAnswer,
  RunAnswer: answers.RunAnswer,
  LakeAnswer: answers.LakeAnswer,
  ReadyAnswer: answers.ReadyAnswer,
  View: answers.View,
  Problem: answers.Problem,
};
type SchemaName = keyof typeof SCHEMAS;

const query = (name: string, description: string, schema: Json): Json => ({ name, in: 'query', description, schema });
const inPath = (name: string, description: string, schema: Json): Json => ({ name, in: 'path', required: true, description, schema });
const whole = (minimum: number, maximum: number, byDefault?: number): Json => ({ type: 'integer', minimum, maximum, ...(byDefault === undefined ? {} : { default: byDefault }) });

const OID = { type: 'string', pattern: '^(0|-?[1-9][0-9]{0,18})$' };
const LOCATION = query('location', 'A place, or all of them', { anyOf: [{ const: 'all' }, OID], default: 'all' });
const TIME = { type: 'string', description: 'Epoch milliseconds, or ISO 8601; without a zone UTC' };
const WINDOW = [query('from', 'Begin of the window; an hour before its end if left out', TIME), query('to', 'End of the window, excluded; now if left out', TIME)];
const PARTS = query('parts', 'Adds how much the batch view and the speed view hold', { type: 'boolean', default: false });
const PARTIAL = query('allow_partial', 'Answers with one view alone while the other is away; view.missing names it', { type: 'boolean', default: false });
/** V8 lists some zones by an older name alone, and takes both. */
const RENAMED = ['UTC', 'Asia/Kolkata', 'Asia/Kathmandu', 'Asia/Ho_Chi_Minh', 'Asia/Yangon', 'Europe/Kyiv', 'America/Nuuk', 'Atlantic/Faroe'];
const ZONE = { type: 'string', enum: [...new Set([...RENAMED, ...Intl.supportedValuesOf('timeZone')])].sort() };
const DATE = { type: 'string', format: 'date' };

/** Of each path below /api/v1: what it says about itself. */
interface Told {
  readonly summary: string;
  readonly parameters: readonly Json[];
  readonly answer: SchemaName | Readonly<Record<string, Json>>;
}

const PATHS: Readonly<Record<string, Told>> = {
  '/api/v1/top-items': { summary: 'The most counted items', parameters: [LOCATION, ...WINDOW, query('limit', 'Most items', whole(1, 1_000, 10)), PARTS, PARTIAL], answer: 'TopItemsAnswer' },
  '/api/v1/locations': { summary: 'The count of every place', parameters: [...WINDOW, PARTS, PARTIAL], answer: 'LocationsAnswer' },
  '/api/v1/timeline': {
    summary: 'One count for each step',
    parameters: [LOCATION, ...WINDOW, query('step', 'Seconds, a multiple of 60', { ...whole(60, 604_800, 60), multipleOf: 60 }), query('tz', 'Days are those of this zone of the IANA list, 23 or 25 hours where its clocks change; then each point says where it ends (to)', ZONE), PARTS, PARTIAL],
    answer: 'TimelineAnswer',
  },
  '/api/v1/detections': {
    summary: 'Joined rows, newest first',
    parameters: [LOCATION, ...WINDOW, query('limit', 'Most rows', whole(1, 500, 50)), query('cursor', 'next_cursor of the page before', { type: 'string' })],
    answer: 'DetectionsAnswer',
  },
  '/api/v1/detections/{detection_oid}': {
    summary: 'One joined row',
    parameters: [inPath('detection_oid', 'Its id', OID), query('dt', 'Looks into this day of the lake too', DATE)],
    answer: 'DetectionAnswer',
  },
  '/api/v1/stream': {
    summary: 'Server-sent events: top-items (StreamedTopItems), view (View), problem (Problem)',
    parameters: [LOCATION, query('window', 'Seconds up to now', whole(60, 604_800, 300)), query('limit', 'Most items', whole(1, 1_000, 10))],
    answer: { 'text/event-stream': { type: 'string' } },
  },
  '/api/v1/export': {
    summary: 'The joined rows of a window of at most 31 days',
    parameters: [LOCATION, ...WINDOW, query('format', 'Of the file', { enum: ['parquet', 'csv'], default: 'parquet' })],
    answer: { 'application/vnd.apache.parquet': { type: 'string', contentMediaType: 'application/octet-stream' }, 'text/csv': { type: 'string' } },
  },
  '/api/v1/trust': { summary: 'What became of every record', parameters: [], answer: 'TrustAnswer' },
  '/api/v1/runs': { summary: 'Published epochs and failed tries', parameters: [query('limit', 'Most of each', whole(1, 1_000, 50))], answer: 'RunsAnswer' },
  '/api/v1/runs/{epoch}': { summary: 'The report of one', parameters: [inPath('epoch', 'Its name', { type: 'string' })], answer: 'RunAnswer' },
  '/api/v1/lake': { summary: 'The days of the lake', parameters: [], answer: 'LakeAnswer' },
  '/readyz': { summary: 'Whether it can answer', parameters: [], answer: 'ReadyAnswer' },
};

export function openApi(): Json {
  return {
    openapi: '3.1.0',
    info: { title: 'Sightline', version: '1', description: 'What cameras see, each detection counted exactly once.' },
    paths: Object.fromEntries(Object.entries(PATHS).map(([path, told]) => [path, { get: operationOf(path, told) }])),
    components: { schemas: Object.fromEntries(Object.entries(SCHEMAS).map(([name, schema]) => [name, schemaOf(schema)])) },
  };
}

/** What helps is in the answer: `Retry-After` where asking again does, `narrow` where another question does. */
const NOT_NOW: Json = {
  description:
    'No answer: a store is away or too much is asked at once (Retry-After says when to ask again), or the question itself would take too long or read too much (narrow names the parameters that make it cheaper)',
  headers: { 'Retry-After': { description: 'Seconds; left out where asking the same again does not help', schema: { type: 'integer', minimum: 1 } } },
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

function operationOf(path: string, { summary, parameters, answer }: Told): Json {
  const reference = (name: SchemaName): Json => ({ schema: { $ref: `#/components/schemas/${name}` } });
  const content = typeof answer === 'string' ? { 'application/json': reference(answer) } : Object.fromEntries(Object.entries(answer).map(([type, schema]) => [type, { schema }]));
  return {
    summary,
    parameters,
    responses: {
      200: { description: summary, content },
      503: path === '/readyz' ? { description: 'It cannot answer now', content } : NOT_NOW,
      default: { description: 'A problem (RFC 9457)', content: { 'application/problem+json': reference('Problem') } },
    },
  };
}

function schemaOf(schema: z.ZodType): Json {
  return Object.fromEntries(Object.entries(z.toJSONSchema(schema, { io: 'output' })).filter(([name]) => name !== '$schema'));
}
