import { getTimeline } from '../../../../../serving/http/counts.ts';

export const dynamic = 'force-dynamic';
export const GET = (request: Request): Promise<Response> => getTimeline(request);
