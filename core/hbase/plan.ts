/**
 * Which rows go to which server in which request: a plan is a value, made before anything is sent. batch.ts carries it
 * out. The plan names rows that have no region with a server just now, so that no row is forgotten.
 *
 * A request stays under 400 KB and 5,000 actions: the server keeps a larger one in one piece, which its garbage
 * collector handles badly, and it warns of more actions. A server that was late gets fewer actions at a time (pace.ts).
 * A larger row goes alone.
 */
import type { HostPort } from '../process/host-port.ts';
import type { Actions } from './actions.ts';
import type { Region, TableRegions } from './regions.ts';

export const MOST_REQUEST_BYTES = 400 * 1024;
export const MOST_REQUEST_ACTIONS = 5_000;

export interface RegionPart {
  readonly region: Region;
  /** Positions in the caller's batch; the position in this list is the action's index on the wire. */
  readonly rows: number[];
}

export interface ServerRequest {
  readonly server: HostPort;
  readonly parts: RegionPart[];
  actions: number;
  bytes: number;
}

export interface Plan {
  readonly requests: readonly ServerRequest[];
  /** Rows that no region with a server holds just now. */
  readonly homeless: readonly number[];
}

/** `mostActions`: how many actions a request to that server may have just now. */
export function planBatch(
  actions: Actions,
  rows: readonly number[],
  table: TableRegions,
  mostActions: (server: string) => number = () => MOST_REQUEST_ACTIONS,
): Plan {
  const { regions } = table;
  const rowsOf: (number[] | undefined)[] = new Array<number[] | undefined>(regions.length);
  const homeless: number[] = [];
  for (const i of rows) {
    const at = table.indexOf(actions.row(i));
    if (at < 0 || regions[at]!.server === '') {
      homeless.push(i);
      continue;
    }
    const regionRows = rowsOf[at];
    if (regionRows === undefined) rowsOf[at] = [i];
    else regionRows.push(i);
  }
  const requests: ServerRequest[] = [];
  const open = new Map<HostPort, ServerRequest>();
  const add = (region: Region, server: HostPort, regionRows: readonly number[]): void => {
    const most = mostActions(server);
    let request = open.get(server);
    let part: RegionPart | undefined;
    for (const i of regionRows) {
      const bytes = actions.bodyBytes(i) + actions.cellsBytes(i) + 8;
      if (request === undefined || request.actions >= most || request.bytes + bytes > MOST_REQUEST_BYTES) {
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
  };
  rowsOf.forEach((regionRows, at) => {
    const region = regions[at]!;
    if (regionRows !== undefined && region.server !== '') add(region, region.server, regionRows);
  });
  return { requests, homeless };
}
