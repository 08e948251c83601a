import { getUnknownPath } from '../../../../serving/http/unknown-path.ts';

export const dynamic = 'force-dynamic';
export const GET = (request: Request): Promise<Response> => getUnknownPath(request);
