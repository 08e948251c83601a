import { getFootageCameras } from '../../../../../../serving/http/footage.ts';

export const dynamic = 'force-dynamic';
export const GET = (request: Request): Promise<Response> => getFootageCameras(request);
