/**
 * Which rows go to which server in which request: a plan is a value, made before anything is sent. batch.ts carries it
 * out; rows whose region is unknown just now are named, so that no row is left without a fate.
 *
 * A request stays under 400 KB and 5,000 actions: the server keeps a larger one in one piece in memory that its garbage
 * collector handles badly, and warns of longer ones. A server that was late gets fewer at a time (pace.ts). A row
 * larger than that goes alone.
 */
import type { HostPort } from '../process/host-port.ts';
import type { Actions } from './actions.ts';
import type { Region, TableRegions } from './regions.ts';

export const MOST_REQUEST_BYTES = 400 * 1024;
export const MOST_REQUEST_ACTIONS = 5_000;

export interface RegionPart {
  region: Region;
  /** Positions in the caller's batch; the place in this list is the action's index on the wire. */
  rows: number[];
}

export interface ServerRequest {
  server: HostPort;
  parts: RegionPart[];
  actions: number;
  bytes: number;
}

export interface Plan {
  requests: ServerRequest[];
  /** Rows that no region with a server holds just now. */
  homeless: number[];
}

const ANY_NUMBER = (): number => MOST_REQUEST_ACTIONS;

/** `mostActions`: how many a request to that server may hold just now. */
export function planBatch(
  actions: Actions,
  rows: readonly number[],
  table: TableRegions,
  mostActions: (server: string) => number = ANY_NUMBER,
): Plan {
  const { regions } = table;
  const buckets: (number[] | undefined)[] = new Array<number[] | undefined>(regions.length);
  const homeless: number[] = [];
  for (const i of rows) {
    const at = table.indexOf(actions.row(i));
    if (at < 0 || regions[at]!.server === '') {
      homeless.push(i);
      continue;
    }
    const bucket = buckets[at];
    if (bucket === undefined) buckets[at] = [i];
    else bucket.push(i);
  }
  const open = new Map<string, ServerRequest>();
  const requests: ServerRequest[] = [];
  for (let at = 0; at < regions.length; at++) {
    const bucket = buckets[at];
    const { server } = regions[at]!;
    if (bucket !== undefined && server !== '')
      placeRegion(actions, { region: regions[at]!, server }, bucket, mostActions(server), open, requests);
  }
  return { requests, homeless };
}

function placeRegion(
  actions: Actions,
  { region, server }: { region: Region; server: HostPort },
  rows: readonly number[],
  mostActions: number,
  open: Map<string, ServerRequest>,
  requests: ServerRequest[],
): void {
  let request = open.get(server);
  let part: RegionPart | undefined;
  for (const i of rows) {
    const bytes = actions.bodyBytes(i) + actions.cellsBytes(i) + 8;
    if (request === undefined || request.actions >= mostActions || request.bytes + bytes > MOST_REQUEST_BYTES) {
      request = { server, parts: [], actions: 0, bytes: 0 };
      open.set(server, request);
      requests.push(request);
      part = undefined;
    }
    if (part === undefined) {
      part = { region, rows: [] };
      request.parts.push(part);
      request.bytes += region.specifier.length + 4;
    }
    part.rows.push(i);
    request.actions++;
    request.bytes += bytes;
  }
}
