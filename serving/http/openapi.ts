/** GET /api/v1/openapi.json: the API as an OpenAPI 3.1 document. */
import type { Serving } from '../app/app.ts';
import { openApi } from './openapi-document.ts';
import { currentServing } from '../app/process.ts';
import { respond } from './respond.ts';

export function getOpenApi(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respond('/api/v1/openapi.json', request, serving, async () => openApi());
}
