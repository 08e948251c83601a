/**
 * The address that a request came from, which a web Request does not tell: the server writes it into a header of ours.
 *
 * command.ts stamps every request before Next.js sees it, gate.ts reads it. The value begins with a secret of this process, so that
 * a header that a client sent is worth nothing, whichever server runs the app.
 */
import { randomBytes } from 'node:crypto';

const PEER_HEADER = 'x-sightline-peer';
const HELD = Symbol.for('sightline.peer-secret');
type Holder = { [HELD]?: string };

function secret(): string {
  const holder = globalThis as Holder;
  return (holder[HELD] ??= randomBytes(16).toString('hex'));
}

/** Replaces whatever the client sent. */
export function stampPeer(headers: Record<string, string | string[] | undefined>, address: string | undefined): void {
  headers[PEER_HEADER] = `${secret()} ${address ?? ''}`;
}

/** `unknown` where no server of ours stamped the request. */
export function peerOf(request: Request): string {
  const value = request.headers.get(PEER_HEADER) ?? '';
  const mine = `${secret()} `;
  return value.startsWith(mine) ? value.slice(mine.length).replace(/^::ffff:/, '') || 'unknown' : 'unknown';
}
