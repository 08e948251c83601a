import { getExport } from '../../../../../serving/http/export.ts';

export const dynamic = 'force-dynamic';
export const GET = (request: Request): Promise<Response> => getExport(request);
