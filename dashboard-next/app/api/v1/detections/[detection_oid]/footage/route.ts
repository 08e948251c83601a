import { getDetectionFootage } from '../../../../../../../serving/http/footage.ts';

export const dynamic = 'force-dynamic';
export const GET = async (
  request: Request,
  context: { params: Promise<{ detection_oid: string }> },
): Promise<Response> => getDetectionFootage(request, await context.params);
