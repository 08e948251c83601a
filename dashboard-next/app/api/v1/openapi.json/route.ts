import { getOpenApi } from '../../../../../serving/http/openapi.ts';

export const dynamic = 'force-dynamic';
export const GET = (request: Request): Promise<Response> => getOpenApi(request);
