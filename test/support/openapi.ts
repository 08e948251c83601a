/**
 * Holds an answer against the OpenAPI document: status, content type, and the body by its JSON Schema.
 *
 * The checker is ajv, which knows nothing of the schemas that the document is made from. The document leaves no member
 * out: one that it does not name is a fault.
 */
import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { openApi } from '../../serving/http/openapi-document.ts';

interface Operation {
  readonly responses: Readonly<Record<string, { content: Readonly<Record<string, { schema: object }>> }>>;
}

const document = openApi() as {
  paths: Record<string, { get: Operation }>;
  components: { schemas: Record<string, object> };
};
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema({ $id: 'openapi', components: document.components });

export const PATHS = Object.keys(document.paths);

/** Reads the body; `path` as the document names it. */
export async function agrees(path: string, response: Response): Promise<unknown> {
  const { responses } = document.paths[path]!.get;
  const told = responses[String(response.status)] ?? responses.default!;
  const type = response.headers.get('content-type')!.split(';')[0]!;
  const answer = told.content[type];
  assert.ok(
    answer,
    `${path} answers ${response.status} with ${type}; the document has ${Object.keys(told.content).join(', ')}`,
  );
  if (!type.endsWith('json')) return response.body?.cancel();
  const body: unknown = await response.json();
  const { $ref } = answer.schema as { $ref: string };
  const check = ajv.getSchema(`openapi${$ref}`)!;
  assert.ok(check(body), `${path}: ${ajv.errorsText(check.errors)}`);
  return body;
}
