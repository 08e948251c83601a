import { getFootageFile } from '../../../../../../../../serving/http/footage.ts';

export const dynamic = 'force-dynamic';
export const GET = async (
  request: Request,
  context: { params: Promise<{ camera: string; date: string; name: string }> },
): Promise<Response> => getFootageFile(request, await context.params);
