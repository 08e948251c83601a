import { getDetection } from '../../../../../../serving/http/detections.ts';

export const dynamic = 'force-dynamic';
export const GET = async (
  request: Request,
  context: { params: Promise<{ detection_oid: string }> },
): Promise<Response> => getDetection(request, await context.params);
