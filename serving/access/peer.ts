/**
 * The addresses of a request, which a web Request does not tell: the server writes them into a header of ours.
 *
 * command.ts stamps every request before Next.js sees it, gate.ts reads it. The peer is who opened the connection; the
 * client is who asked, which a trusted proxy says in X-Forwarded-For. The value begins with a secret of this process,
 * so that a header that a client sent is worth nothing, whichever server runs the app.
 */
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { AddressList } from './addresses.ts';

const PEER_HEADER = 'x-sightline-peer';
const HELD = Symbol.for('sightline.peer-secret');
type Holder = { [HELD]?: string };

function secret(): string {
  const holder = globalThis as Holder;
  return (holder[HELD] ??= randomBytes(16).toString('hex'));
}

type Headers = Record<string, string | string[] | undefined>;

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto'];

/**
 * Replaces whatever the client sent, and returns the client. Only a peer on the list of trusted proxies may say for
 * whom it asks.
 */
export function stampPeer(headers: Headers, address: string | undefined, trusted?: AddressList): string {
  const peer = plainAddress(address ?? '');
  const isTrusted = trusted?.has(peer) ?? false;
  const client = isTrusted ? forwardedFor(headers['x-forwarded-for'], peer, trusted!) : peer;
  if (!isTrusted) for (const name of FORWARDED) Reflect.deleteProperty(headers, name);
  headers[PEER_HEADER] = `${secret()} ${peer} ${client}`;
  return client || 'unknown';
}

/** From the last proxy back to the first address that is no trusted proxy: what stands before it, anybody can write. */
function forwardedFor(value: string | string[] | undefined, peer: string, trusted: AddressList): string {
  const hops = [value ?? '']
    .flat()
    .join(',')
    .split(',')
    .map((hop) => plainAddress(hop.trim()))
    .filter((hop) => isIP(hop) !== 0);
  return hops.findLast((hop) => !trusted.has(hop)) ?? hops[0] ?? peer;
}

/** Without the brackets and the port that some proxies add, and IPv4 as such. */
function plainAddress(text: string): string {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
  return bare.replace(/^::ffff:(?=\d+\.)/, '');
}

/** Who opened the connection; `unknown` where no server of ours stamped the request. */
export function peerOf(request: Pick<Request, 'headers'>): string {
  return stamped(request)?.[0] || 'unknown';
}

/** Who asked, by way of trusted proxies; `unknown` as above. */
export function clientOf(request: Pick<Request, 'headers'>): string {
  return stamped(request)?.[1] || 'unknown';
}

function stamped(request: Pick<Request, 'headers'>): string[] | null {
  const value = request.headers.get(PEER_HEADER) ?? '';
  const mine = `${secret()} `;
  return value.startsWith(mine) ? value.slice(mine.length).split(' ') : null;
}
