/**
 * The API as an OpenAPI 3.1 document, made from the schemas of its answers.
 *
 * http/openapi.ts serves it, and a test checks every answer against it. answers.ts defines the answers and
 * http/path-parameters.ts the parameters, once for handlers and document; this file adds the paths and the schema of
 * each answer. docs/api.md explains the meaning.
 */
import { z } from 'zod';
import type { ParameterSet } from './parameters.ts';
import * as answers from '../answers.ts';
import * as footage from '../footage-answers.ts';
import { MEDIA_TYPE } from './media-type.ts';
import * as parameters from './path-parameters.ts';

type Json = Readonly<Record<string, unknown>>;

const SCHEMAS = {
  TopItemsAnswer: answers.TopItemsAnswer,
  StreamedTopItems: answers.StreamedTopItems,
  LocationsAnswer: answers.LocationsAnswer,
  TimelineAnswer: answers.TimelineAnswer,
  DetectionsAnswer: answers.DetectionsAnswer,
  DetectionAnswer: answers.DetectionAnswer,
  DetectionFootageAnswer: footage.DetectionFootageAnswer,
  FootageAnswer: footage.FootageAnswer,
  FootageCamerasAnswer: footage.FootageCamerasAnswer,
  TrustAnswer: answers.TrustAnswer,
  RunsAnswer: answers.RunsAnswer,
  RunAnswer: answers.RunAnswer,
  LakeAnswer: answers.LakeAnswer,
  ReadyAnswer: answers.ReadyAnswer,
  View: answers.View,
  Problem: answers.Problem,
};
type SchemaName = keyof typeof SCHEMAS;

/** The description of a path. */
interface PathDescription {
  readonly summary: string;
  readonly query?: ParameterSet;
  readonly path?: ParameterSet;
  readonly answer: SchemaName | Readonly<Record<string, Json>>;
}

const PATHS: Readonly<Record<string, PathDescription>> = {
  '/api/v1/top-items': {
    summary: 'Items with the highest counts',
    query: parameters.TOP_ITEMS,
    answer: 'TopItemsAnswer',
  },
  '/api/v1/locations': { summary: 'Count of every place', query: parameters.LOCATIONS, answer: 'LocationsAnswer' },
  '/api/v1/timeline': {
    summary: 'Counts over time, one for each step',
    query: parameters.TIMELINE,
    answer: 'TimelineAnswer',
  },
  '/api/v1/detections': {
    summary: 'Detections with the name of their place, newest first',
    query: parameters.DETECTIONS,
    answer: 'DetectionsAnswer',
  },
  '/api/v1/detections/{detection_oid}': {
    summary: 'One detection with the name of its place',
    path: parameters.DETECTION_PATH,
    query: parameters.DETECTION,
    answer: 'DetectionAnswer',
  },
  '/api/v1/detections/{detection_oid}/footage': {
    summary: 'Pictures and films that show a detection',
    path: parameters.DETECTION_PATH,
    query: parameters.DETECTION,
    answer: 'DetectionFootageAnswer',
  },
  '/api/v1/footage': {
    summary: 'Pictures and films of a camera, newest first, for a window of at most 31 days',
    query: parameters.FOOTAGE,
    answer: 'FootageAnswer',
  },
  '/api/v1/footage/cameras': {
    summary: 'What is wrong with which camera, by the analysis of its footage, for a window of at most 7 days',
    query: parameters.FOOTAGE_CAMERAS,
    answer: 'FootageCamerasAnswer',
  },
  '/api/v1/footage/{camera}/{date}/{name}': {
    summary: 'A picture or a film; with Range a part of it (206)',
    path: parameters.FOOTAGE_FILE_PATH,
    answer: Object.fromEntries(
      Object.values(MEDIA_TYPE).map((type) => [type, { type: 'string', contentMediaType: 'application/octet-stream' }]),
    ),
  },
  '/api/v1/stream': {
    summary: 'Server-sent events: top-items (StreamedTopItems), view (View), problem (Problem)',
    query: parameters.STREAM,
    answer: { 'text/event-stream': { type: 'string' } },
  },
  '/api/v1/export': {
    summary: 'Detections with the name of their place as a file, for a window of at most 31 days',
    query: parameters.EXPORT,
    answer: {
      'application/vnd.apache.parquet': { type: 'string', contentMediaType: 'application/octet-stream' },
      'text/csv': { type: 'string' },
    },
  },
  '/api/v1/trust': {
    summary: 'Tallies of all records, progress of partitions, and lag of the batch layer',
    answer: 'TrustAnswer',
  },
  '/api/v1/runs': { summary: 'Published epochs and failed attempts', query: parameters.RUNS, answer: 'RunsAnswer' },
  '/api/v1/runs/{epoch}': { summary: 'Report of one published epoch', path: parameters.RUN_PATH, answer: 'RunAnswer' },
  '/api/v1/lake': { summary: 'Days of the lake', answer: 'LakeAnswer' },
  '/readyz': { summary: 'Whether the API can answer', answer: 'ReadyAnswer' },
};

/** An empty query parameter counts as left out; a path parameter is never empty. */
function parametersOf({ path = {}, query = {} }: PathDescription): Json[] {
  return [
    ...Object.entries(path).map(([name, { description, schema }]) => ({
      name,
      in: 'path',
      required: true,
      description,
      schema,
    })),
    ...Object.entries(query).map(([name, { description, schema, isRequired }]) => ({
      name,
      in: 'query',
      ...(isRequired ? { required: true } : { allowEmptyValue: true }),
      description,
      schema,
    })),
  ];
}

export function openApi(): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sightline',
      version: '1',
      description: 'Counts of what cameras see; each detection counts exactly once.',
    },
    paths: Object.fromEntries(Object.entries(PATHS).map(([path, about]) => [path, { get: operationOf(path, about) }])),
    components: {
      schemas: Object.fromEntries(Object.entries(SCHEMAS).map(([name, schema]) => [name, schemaOf(schema)])),
    },
  };
}

/** The answer tells what to do: `Retry-After` to try again, `narrow` to change the question. */
const NOT_NOW: Json = {
  description:
    'No answer now. Either a store does not answer or a limit is reached: Retry-After says when to try again. ' +
    'Or the question takes too long or reads too much: narrow names the parameters that make it cheaper.',
  headers: {
    'Retry-After': {
      description: 'Seconds; left out if the same question fails again',
      schema: { type: 'integer', minimum: 1 },
    },
  },
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

function operationOf(path: string, about: PathDescription): Json {
  const { summary, answer } = about;
  const reference = (name: SchemaName): Json => ({ schema: { $ref: `#/components/schemas/${name}` } });
  const content =
    typeof answer === 'string'
      ? { 'application/json': reference(answer) }
      : Object.fromEntries(Object.entries(answer).map(([type, schema]) => [type, { schema }]));
  return {
    summary,
    parameters: parametersOf(about),
    responses: {
      200: { description: summary, content },
      503: path === '/readyz' ? { description: 'The API cannot answer now', content } : NOT_NOW,
      default: { description: 'A problem (RFC 9457)', content: { 'application/problem+json': reference('Problem') } },
    },
  };
}

function schemaOf(schema: z.ZodType): Json {
  return Object.fromEntries(
    Object.entries(z.toJSONSchema(schema, { io: 'output' })).filter(([name]) => name !== '$schema'),
  );
}
