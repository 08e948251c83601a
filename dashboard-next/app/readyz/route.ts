import { getReadiness } from '../../../serving/http/health.ts';

export const dynamic = 'force-dynamic';
export const GET = (request: Request): Promise<Response> => getReadiness(request);
