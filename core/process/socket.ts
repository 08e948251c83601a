/**
 * A connection to a server, with TLS or without: what core/hbase and core/stores/kafka open theirs with.
 *
 * `readyEvent` names the event after which bytes may be written: of a TLS connection that is when the server's
 * certificate was checked, against the name that the address holds.
 */
import { connect as connectPlain, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { HostPort } from './host-port.ts';
import { partsOf } from './host-port.ts';
import type { TlsIdentity } from './pem.ts';

export interface SocketOptions {
  readonly noDelay?: boolean;
  readonly keepAlive?: boolean;
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** Null: plain text. */
export function openSocket(address: HostPort, tls: TlsIdentity | null, options: SocketOptions = {}): Socket {
  const parts = partsOf(address);
  if (tls === null) return connectPlain({ ...parts, ...options });
  const socket = connectTls({ ...parts, ...tls, ...(isIP(parts.host) ? {} : { servername: parts.host }) });
  // tls.connect takes none of these.
  if (options.noDelay) socket.setNoDelay(true);
  if (options.keepAlive) socket.setKeepAlive(true);
  if (options.timeout !== undefined) socket.setTimeout(options.timeout);
  const { signal } = options;
  const stop = (): void => void socket.destroy(signal?.reason as Error);
  if (signal?.aborted) stop();
  else signal?.addEventListener('abort', stop, { once: true });
  socket.once('close', () => signal?.removeEventListener('abort', stop));
  return socket;
}

export const readyEvent = (tls: TlsIdentity | null): 'connect' | 'secureConnect' =>
  tls === null ? 'connect' : 'secureConnect';

const EXPLAINED: readonly [RegExp, string][] = [
  [/^(CERT_HAS_EXPIRED|CERT_NOT_YET_VALID)$/, "the server's certificate is not valid today"],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, "the server's certificate is not for the name of this host"],
  [
    /^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_(VERIFY|GET))/,
    "the server's certificate comes from an authority that we do not know",
  ],
  [/^(ERR_SSL|EPROTO)/, 'the server does not speak TLS here, or refuses our certificate'],
];

/** What a fault of TLS means, or null if it is none. Trying again does not help. */
export function tlsFaultText(fault: unknown): string | null {
  const code = fault instanceof Error && 'code' in fault ? String(fault.code) : '';
  return EXPLAINED.find(([codes]) => codes.test(code))?.[1] ?? null;
}
