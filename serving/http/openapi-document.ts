/**
 * The API as an OpenAPI 3.1 document, made from the schemas of its answers.
 *
 * http/openapi.ts serves it, a test holds every answer against it. What an answer looks like is written once, in
 * answers.ts, what a path may be asked in http/asked.ts, from where the handlers read it; this file adds paths and
 * which schema each answers with. docs/api.md says what things mean.
 */
import { z } from 'zod';
import type { ParameterSet } from './parameters.ts';
import * as answers from '../answers.ts';
import * as asked from './path-parameters.ts';

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

/** Of each path: what it says about itself. */
interface Told {
  readonly summary: string;
  readonly query?: ParameterSet;
  readonly path?: ParameterSet;
  readonly answer: SchemaName | Readonly<Record<string, Json>>;
}

const PATHS: Readonly<Record<string, Told>> = {
  '/api/v1/top-items': { summary: 'The most counted items', query: asked.TOP_ITEMS, answer: 'TopItemsAnswer' },
  '/api/v1/locations': { summary: 'The count of every place', query: asked.LOCATIONS, answer: 'LocationsAnswer' },
  '/api/v1/timeline': { summary: 'One count for each step', query: asked.TIMELINE, answer: 'TimelineAnswer' },
  '/api/v1/detections': { summary: 'Joined rows, newest first', query: asked.DETECTIONS, answer: 'DetectionsAnswer' },
  '/api/v1/detections/{detection_oid}': {
    summary: 'One joined row',
    path: asked.DETECTION_PATH,
    query: asked.DETECTION,
    answer: 'DetectionAnswer',
  },
  '/api/v1/stream': {
    summary: 'Server-sent events: top-items (StreamedTopItems), view (View), problem (Problem)',
    query: asked.STREAM,
    answer: { 'text/event-stream': { type: 'string' } },
  },
  '/api/v1/export': {
    summary: 'The joined rows of a window of at most 31 days',
    query: asked.EXPORT,
    answer: {
      'application/vnd.apache.parquet': { type: 'string', contentMediaType: 'application/octet-stream' },
      'text/csv': { type: 'string' },
    },
  },
  '/api/v1/trust': { summary: 'What became of every record', answer: 'TrustAnswer' },
  '/api/v1/runs': { summary: 'Published epochs and failed tries', query: asked.RUNS, answer: 'RunsAnswer' },
  '/api/v1/runs/{epoch}': { summary: 'The report of one', path: asked.RUN_PATH, answer: 'RunAnswer' },
  '/api/v1/lake': { summary: 'The days of the lake', answer: 'LakeAnswer' },
  '/readyz': { summary: 'Whether it can answer', answer: 'ReadyAnswer' },
};

/** Empty is as left out, in a query; a path has no empty part. */
function parametersOf({ path = {}, query = {} }: Told): Json[] {
  return [
    ...Object.entries(path).map(([name, { description, schema }]) => ({
      name,
      in: 'path',
      required: true,
      description,
      schema,
    })),
    ...Object.entries(query).map(([name, { description, schema }]) => ({
      name,
      in: 'query',
      allowEmptyValue: true,
      description,
      schema,
    })),
  ];
}

export function openApi(): Json {
  return {
    openapi: '3.1.0',
    info: { title: 'Sightline', version: '1', description: 'What cameras see, each detection counted exactly once.' },
    paths: Object.fromEntries(Object.entries(PATHS).map(([path, told]) => [path, { get: operationOf(path, told) }])),
    components: {
      schemas: Object.fromEntries(Object.entries(SCHEMAS).map(([name, schema]) => [name, schemaOf(schema)])),
    },
  };
}

/** What helps is in the answer: `Retry-After` where asking again does, `narrow` where another question does. */
const NOT_NOW: Json = {
  description:
    'No answer: a store is away or too much is asked at once (Retry-After says when to ask again), or the question itself would take too long or read too much (narrow names the parameters that make it cheaper)',
  headers: {
    'Retry-After': {
      description: 'Seconds; left out where asking the same again does not help',
      schema: { type: 'integer', minimum: 1 },
    },
  },
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

function operationOf(path: string, told: Told): Json {
  const { summary, answer } = told;
  const reference = (name: SchemaName): Json => ({ schema: { $ref: `#/components/schemas/${name}` } });
  const content =
    typeof answer === 'string'
      ? { 'application/json': reference(answer) }
      : Object.fromEntries(Object.entries(answer).map(([type, schema]) => [type, { schema }]));
  return {
    summary,
    parameters: parametersOf(told),
    responses: {
      200: { description: summary, content },
      503: path === '/readyz' ? { description: 'It cannot answer now', content } : NOT_NOW,
      default: { description: 'A problem (RFC 9457)', content: { 'application/problem+json': reference('Problem') } },
    },
  };
}

function schemaOf(schema: z.ZodType): Json {
  return Object.fromEntries(
    Object.entries(z.toJSONSchema(schema, { io: 'output' })).filter(([name]) => name !== '$schema'),
  );
}
