import { getAuth } from '../../../../../serving/http/auth.ts';

export const dynamic = 'force-dynamic';
export const GET = async (request: Request, context: { params: Promise<{ step: string }> }): Promise<Response> =>
  getAuth(request, await context.params);
