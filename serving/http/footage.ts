/**
 * GET /api/v1/footage, /api/v1/detections/<detection_oid>/footage: lists of pictures and films;
 * /api/v1/footage/cameras: numbers about cameras, which every viewer may see, because they name nobody;
 * /api/v1/footage/<camera>/<date>/<name>: the bytes of one, or a part of them.
 *
 * A path is read as the name of a settled file and nothing else, so no other file of HDFS can be reached. What comes
 * back is a picture or a film by its own content, and a browser runs nothing in it (nosniff, sandbox). A file never
 * changes, so browsers keep it for an hour; no shared cache may.
 */
import type { Serving } from '../app/app.ts';
import type { Caller } from '../access/caller.ts';
import type { Footage, FootageKind } from '../../core/layout/footage.ts';
import { parseSettledFile } from '../../core/layout/footage.ts';
import type { FootageFile } from '../../core/stores/footage/form.ts';
import { clientOf } from '../access/peer.ts';
import { currentServing } from '../app/process.ts';
import { NotFound } from '../faults.ts';
import { isKnownVersion, wantedRange } from './byte-range.ts';
import { detectionOrNotFound } from './detections.ts';
import { MEDIA_TYPE } from './media-type.ts';
import { readPath, readQuery } from './parameters.ts';
import { DETECTION, DETECTION_PATH, FOOTAGE, FOOTAGE_CAMERAS, FOOTAGE_FILE_PATH } from './path-parameters.ts';
import { headersOnly, respondJson, respondWith } from './respond.ts';

const RIGHT = { right: 'footage' } as const;
const KEPT_SECONDS = 3_600;
/**
 * Nothing runs in a file that is opened by itself. A browser shows it with styles and an element of its own, and reads
 * a film once more for that, which only the same origin may.
 */
const ELEMENTS =
  "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'";
const POLICY: Readonly<Record<FootageKind, string>> = {
  jpg: `sandbox; ${ELEMENTS}`,
  png: `sandbox; ${ELEMENTS}`,
  mp4: `sandbox allow-same-origin; ${ELEMENTS}`,
};

export function getFootage(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respondJson({ route: '/api/v1/footage', ...RIGHT }, request, serving, async () =>
    serving.footage.ofCamera(readQuery(FOOTAGE, request), request),
  );
}

export function getFootageCameras(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respondJson({ route: '/api/v1/footage/cameras' }, request, serving, async () =>
    serving.cameras(readQuery(FOOTAGE_CAMERAS, request), request),
  );
}

export function getDetectionFootage(
  request: Request,
  params: { detection_oid: string },
  serving: Serving = currentServing(),
): Promise<Response> {
  return respondJson({ route: '/api/v1/detections/<detection_oid>/footage', ...RIGHT }, request, serving, async () => {
    const id = readPath(DETECTION_PATH, 'detection_oid', params);
    const { dt: date } = readQuery(DETECTION, request);
    return serving.footage.ofDetection(await detectionOrNotFound({ id, date }, request, serving), request);
  });
}

export function getFootageFile(
  request: Request,
  params: { camera: string; date: string; name: string },
  serving: Serving = currentServing(),
): Promise<Response> {
  const route = { route: '/api/v1/footage/<camera>/<date>/<name>', ...RIGHT };
  return respondWith(route, request, serving, async (headers, caller) => {
    const file = await fileAt(params, request, serving);
    const etag = `"${file.sha256}"`;
    const own = { ...headers, ...headersOf(file, etag) };
    if (isKnownVersion(request, etag)) return new Response(null, { status: 304, headers: own });
    const wanted = wantedRange(request, etag, file.bytes);
    const range = wanted ?? { offset: 0, bytes: file.bytes };
    const body = headersOnly(request) ? null : await serving.footage.open(file, range, request);
    if (body) recordView(file, request, { caller, serving, requestId: headers['x-request-id'] });
    const length = { 'content-length': String(range.bytes) };
    if (!wanted) return new Response(body, { headers: { ...own, ...length } });
    const last = range.offset + range.bytes - 1;
    const part = { ...length, 'content-range': `bytes ${range.offset}-${last}/${file.bytes}` };
    return new Response(body, { status: 206, headers: { ...own, ...part } });
  });
}

async function fileAt(
  params: { camera: string; date: string; name: string },
  request: Request,
  serving: Serving,
): Promise<FootageFile> {
  const [camera, date, name] = [
    readPath(FOOTAGE_FILE_PATH, 'camera', params),
    readPath(FOOTAGE_FILE_PATH, 'date', params),
    readPath(FOOTAGE_FILE_PATH, 'name', params),
  ];
  const footage: Footage | null = parseSettledFile(`footage/camera=${camera}/dt=${date}/${name}`);
  const file = footage && (await serving.footage.find(footage, request));
  if (file) return file;
  throw new NotFound(`Camera ${camera} has no file ${name} of ${date}; /api/v1/footage lists the files of a camera`);
}

function headersOf({ kind, takenAtMs, camera, detection }: Footage, etag: string): Record<string, string> {
  const time = new Date(takenAtMs).toISOString().replace(/[-:]/g, '');
  const name = `sightline_camera-${camera}_${time}${detection === null ? '' : `_detection-${detection}`}.${kind}`;
  return {
    'content-type': MEDIA_TYPE[kind],
    'content-disposition': `inline; filename="${name}"`,
    'content-security-policy': POLICY[kind],
    'cache-control': `private, max-age=${KEPT_SECONDS}, immutable`,
    'accept-ranges': 'bytes',
    etag,
  };
}

interface View {
  readonly caller: Caller;
  readonly serving: Serving;
  readonly requestId: string | undefined;
}

/** People are in pictures: the audit trail says who looked at which. */
function recordView({ path, camera, detection }: FootageFile, request: Request, view: View): void {
  view.serving.audit.record({
    event: 'footage',
    who: view.caller.name,
    role: view.caller.role,
    from: clientOf(request),
    camera,
    detection,
    file: path,
    range: request.headers.get('range') ?? undefined,
    request_id: view.requestId,
  });
}
