import { getLake } from '../../../../../serving/http/reports.ts';

export const dynamic = 'force-dynamic';
export const GET = (request: Request): Promise<Response> => getLake(request);
