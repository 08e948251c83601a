import { getRun } from '../../../../../../serving/http/reports.ts';

export const dynamic = 'force-dynamic';
export const GET = async (request: Request, context: { params: Promise<{ epoch: string }> }): Promise<Response> =>
  getRun(request, await context.params);
