/**
 * NameNodes of one file system in memory, over WebHDFS, for faults that a real cluster does not make to order: which
 * one is active, and what breaks a connection.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

export interface Asked {
  readonly node: number;
  readonly method: string;
  readonly op: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

export interface NameNodes {
  readonly urls: readonly string[];
  readonly files: Map<string, Buffer>;
  readonly asked: Asked[];
  /** Which node is active. */
  active: number;
  /** Called for each request of the active node; 'break' ends the connection after the work was done, 'cut' midway. */
  fault: (asked: Asked) => 'break' | 'cut' | null;
  /** Answers in the place of the node; null: it answers itself. */
  refusal: (asked: Asked) => { status: number; exception: string; message: string } | null;
  stop(node: number): Promise<void>;
  close(): Promise<void>;
}

/** `prefix`: the path of a gateway. */
export async function nameNodes(count: number, prefix = ''): Promise<NameNodes> {
  const servers: Server[] = [];
  const double: NameNodes = {
    urls: [],
    files: new Map(),
    asked: [],
    active: 0,
    fault: () => null,
    refusal: () => null,
    stop: (node) => close(servers[node]!),
    close: async () => void (await Promise.all(servers.map(close))),
  };
  const urls: string[] = [];
  for (let node = 0; node < count; node++) {
    const server = createServer((request, response) => void answer(double, node, prefix, request, response));
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    urls.push(`http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`);
  }
  return Object.assign(double, { urls });
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

async function answer(
  double: NameNodes,
  node: number,
  prefix: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url!, 'http://node');
  const body: Buffer[] = [];
  for await (const chunk of request) body.push(chunk as Buffer);
  const asked: Asked = {
    node,
    method: request.method!,
    op: url.searchParams.get('op')!.toLowerCase(),
    path: url.pathname.slice(`${prefix}/webhdfs/v1`.length),
    query: url.searchParams,
    headers: request.headers,
  };
  const isOurs = url.pathname.startsWith(`${prefix}/webhdfs/v1/`);
  const isData = url.searchParams.get('data') === 'true';
  if (!isOurs) return void response.writeHead(404).end();
  double.asked.push(asked);
  const say = (status: number, value: unknown): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  const refuse = (status: number, exception: string, message: string): void =>
    say(status, { RemoteException: { exception, message } });
  const refused = double.refusal(asked);
  if (refused) return refuse(refused.status, refused.exception, refused.message);
  if (node !== double.active && !isData)
    return refuse(403, 'StandbyException', 'Operation category READ is not supported in state standby');
  const fault = double.fault(asked);
  const done = carryOut(double, asked, isData ? Buffer.concat(body) : null, fault === 'cut');
  if (fault === 'break') return void response.destroy();
  if (done.location !== undefined)
    return void response.writeHead(307, { location: `http://${request.headers.host}${request.url}&data=true` }).end();
  if (done.missing) return refuse(404, 'FileNotFoundException', `File does not exist: ${asked.path}`);
  if (done.content === undefined) return say(200, done.json);
  response.writeHead(200, { 'content-length': done.length });
  if (fault !== 'cut') return void response.end(done.content);
  response.write(done.content, () => response.destroy());
}

interface Done {
  readonly json?: unknown;
  readonly content?: Buffer;
  readonly length?: number;
  readonly location?: true;
  readonly missing?: boolean;
}

function carryOut({ files }: NameNodes, { op, path, query }: Asked, sent: Buffer | null, isCut: boolean): Done {
  if (op === 'getfilestatus') {
    const bytes = files.get(path);
    const status = { pathSuffix: '', modificationTime: 0 };
    if (bytes) return { json: { FileStatus: { ...status, type: 'FILE', length: bytes.length } } };
    return path === '/' ? { json: { FileStatus: { ...status, type: 'DIRECTORY', length: 0 } } } : { missing: true };
  }
  if (op === 'create') {
    if (sent === null) return { location: true };
    files.set(path, sent);
    return { json: {} };
  }
  if (op === 'open') {
    const bytes = files.get(path);
    if (!bytes) return { missing: true };
    const offset = Number(query.get('offset') ?? 0);
    const rest = bytes.subarray(offset, query.has('length') ? offset + Number(query.get('length')) : undefined);
    return { content: isCut ? rest.subarray(0, Math.ceil(rest.length / 2)) : rest, length: rest.length };
  }
  if (op === 'rename') {
    const bytes = files.get(path);
    if (!bytes) return { missing: true };
    files.delete(path);
    files.set(query.get('destination')!, bytes);
    return { json: {} };
  }
  if (op === 'delete') files.delete(path);
  return { json: { boolean: true } };
}
