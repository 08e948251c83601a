import { getTrust } from '../../../../../serving/http/reports.ts';

export const dynamic = 'force-dynamic';
export const GET = (request: Request): Promise<Response> => getTrust(request);
