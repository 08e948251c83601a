import { getNothing } from '../../../../serving/http/nothing.ts';

export const dynamic = 'force-dynamic';
export const GET = (request: Request): Promise<Response> => getNothing(request);
