import { getStream } from '../../../../../serving/http/stream.ts';

export const dynamic = 'force-dynamic';
export const GET = (request: Request): Promise<Response> => getStream(request);
