/** GET /api/v1/detections, /api/v1/detections/<detection_oid>. */
import type { Oid } from '../../core/domain/oid.ts';
import type { DetectionAnswer } from '../answers.ts';
import type { Serving } from '../app/app.ts';
import { NotFound } from '../faults.ts';
import { currentServing } from '../app/process.ts';
import { DETECTION, DETECTION_PATH, DETECTIONS } from './path-parameters.ts';
import { readPath, readQuery } from './parameters.ts';
import { respondJson } from './respond.ts';

export function getDetections(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respondJson({ route: '/api/v1/detections' }, request, serving, async () =>
    serving.detections(readQuery(DETECTIONS, request), request),
  );
}

export function getDetection(
  request: Request,
  params: { detection_oid: string },
  serving: Serving = currentServing(),
): Promise<Response> {
  return respondJson({ route: '/api/v1/detections/<detection_oid>' }, request, serving, async () => {
    const id = readPath(DETECTION_PATH, 'detection_oid', params);
    const { dt: date } = readQuery(DETECTION, request);
    return detectionOrNotFound({ id, date }, request, serving);
  });
}

export async function detectionOrNotFound(
  { id, date }: { id: Oid; date: string | undefined },
  request: Request,
  serving: Serving,
): Promise<DetectionAnswer> {
  const detection = await serving.detection(id, date, request);
  if (detection) return detection;
  const where =
    date === undefined
      ? `in ${serving.storeName}; add dt=<date> to read that day of the lake too`
      : `in ${serving.storeName} or in day ${date} of the lake`;
  throw new NotFound(`Detection ${id} was not found ${where}`);
}
