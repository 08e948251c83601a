/**
 * The addresses of a request, which a web Request does not have: the server writes them into a header of its own.
 *
 * command.ts stamps every request before Next.js sees it, gate.ts reads the header. The peer has opened the connection;
 * the client has sent the request, which a trusted proxy tells in X-Forwarded-For. The value starts with a secret of
 * this process, so a header that a client sends is ignored, whichever server runs the app.
 */
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { AddressList } from './addresses.ts';

const PEER_HEADER = 'x-sightline-peer';
const SECRET_KEY = Symbol.for('sightline.peer-secret');
type Holder = { [SECRET_KEY]?: string };

function secret(): string {
  const holder = globalThis as Holder;
  return (holder[SECRET_KEY] ??= randomBytes(16).toString('hex'));
}

type Headers = Record<string, string | string[] | undefined>;

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto'];

/**
 * Replaces the header that the client may have sent, and returns the client. Only a trusted proxy may name another
 * client.
 */
export function stampPeer(headers: Headers, address: string | undefined, trusted?: AddressList): string {
  const peer = plainAddress(address ?? '');
  const isTrusted = trusted?.has(peer) ?? false;
  const client = isTrusted ? forwardedFor(headers['x-forwarded-for'], peer, trusted!) : peer;
  if (!isTrusted) for (const name of FORWARDED) Reflect.deleteProperty(headers, name);
  headers[PEER_HEADER] = `${secret()} ${peer} ${client}`;
  return client || 'unknown';
}

/**
 * Goes back from the last proxy to the first address that is not a trusted proxy; anybody can write the entries before
 * it.
 */
function forwardedFor(value: string | string[] | undefined, peer: string, trusted: AddressList): string {
  const hops = [value ?? '']
    .flat()
    .join(',')
    .split(',')
    .map((hop) => plainAddress(hop.trim()))
    .filter((hop) => isIP(hop) !== 0);
  return hops.findLast((hop) => !trusted.has(hop)) ?? hops[0] ?? peer;
}

/** The address without the brackets and the port that some proxies add, and without the IPv6 form of IPv4. */
function plainAddress(text: string): string {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
  return bare.replace(/^::ffff:(?=\d+\.)/, '');
}

/** The peer that opened the connection; `unknown` if our server has not stamped the request. */
export function peerOf(request: Pick<Request, 'headers'>): string {
  return readStamp(request)?.[0] || 'unknown';
}

/** The client, possibly behind trusted proxies; `unknown` as above. */
export function clientOf(request: Pick<Request, 'headers'>): string {
  return readStamp(request)?.[1] || 'unknown';
}

function readStamp(request: Pick<Request, 'headers'>): string[] | null {
  const value = request.headers.get(PEER_HEADER) ?? '';
  const mine = `${secret()} `;
  return value.startsWith(mine) ? value.slice(mine.length).split(' ') : null;
}
