/** GET /api/v1/openapi.json: the API as an OpenAPI 3.1 document. */
import type { Serving } from '../app/app.ts';
import { openApi } from './openapi-document.ts';
import { currentServing } from '../app/process.ts';
import { respondJson } from './respond.ts';

export function getOpenApi(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respondJson({ route: '/api/v1/openapi.json' }, request, serving, async () => openApi());
}
