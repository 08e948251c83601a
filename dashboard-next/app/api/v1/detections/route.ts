import { getDetections } from '../../../../../serving/http/detections.ts';

export const dynamic = 'force-dynamic';
export const GET = (request: Request): Promise<Response> => getDetections(request);
