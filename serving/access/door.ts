/**
 * Checks of a request before Next.js sees it: its host, its method, its client address, and headers that no client may
 * set.
 *
 * command.ts calls it for every request. A page of another site can point its own name at this address (DNS rebinding)
 * and would then read every answer if the app believed the Host header. So only requests for our own host names get an
 * answer. Probes have none of these names and reveal nothing, so they pass.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Audit } from '../../core/process/audit.ts';
import { NO_AUDIT } from '../../core/process/audit.ts';
import type { Config } from '../../core/process/config.ts';
import { isLoopback, nameInHost as nameOf } from '../../core/process/host-port.ts';
import { addressList } from './addresses.ts';
import { admitsMethod } from './methods.ts';
import { stampPeer } from './peer.ts';
import { refuseRequest } from './refuse-request.ts';
import { parseList } from './list-text.ts';

export type DoorConfig = Pick<Config, 'AUTH' | 'ALLOWED_HOSTS' | 'PUBLIC_URL' | 'TRUSTED_PROXIES'>;

const PROBES = ['/healthz', '/readyz'];
const A_YEAR_OF_SECONDS = 31_536_000;

/**
 * Returns whether the request may continue; if not, it has its answer already. Throws a Refusal if a list of addresses
 * cannot be parsed.
 */
export function createDoor(
  config: DoorConfig,
  audit: Audit = NO_AUDIT,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const isOurs = hostTest(config);
  const trusted = addressList('TRUSTED_PROXIES', config.TRUSTED_PROXIES);
  const isPublic = config.PUBLIC_URL?.startsWith('https:') === true;
  return (request, response) => {
    const client = stampPeer(request.headers, request.socket.remoteAddress, trusted);
    const path = (request.url ?? '').split('?')[0]!;
    if (!PROBES.includes(path) && !isOurs(request.headers.host)) {
      audit.record({ event: 'refused', who: null, from: client, status: 421, route: 'host' });
      refuseRequest(response, { title: 'Misdirected request', status: 421, detail: notOurs(request.headers.host) });
      return false;
    }
    if (!admitsMethod(request, response)) return false;
    // X-Forwarded-Proto exists only if a trusted proxy has set it. Loopback names get no HSTS, because other apps on
    // this machine share them.
    const isEncrypted = isPublic || request.headers['x-forwarded-proto'] === 'https' || 'encrypted' in request.socket;
    if (isEncrypted && !isLoopback(nameOf(request.headers.host ?? ''))) {
      response.setHeader('strict-transport-security', `max-age=${A_YEAR_OF_SECONDS}`);
    }
    return true;
  };
}

/**
 * Our host names: those in ALLOWED_HOSTS and that of PUBLIC_URL, and loopback names for AUTH=none. Without these
 * settings every name passes, if the app has a sign-in.
 */
export function hostTest({
  AUTH,
  ALLOWED_HOSTS,
  PUBLIC_URL,
}: Omit<DoorConfig, 'TRUSTED_PROXIES'>): (host: string | undefined) => boolean {
  const names = parseList(ALLOWED_HOSTS)
    .map(nameOf)
    .filter((name) => name !== '');
  if (PUBLIC_URL) names.push(nameOf(new URL(PUBLIC_URL).host));
  if (AUTH !== 'none' && names.length === 0) return () => true;
  return (host) => {
    const name = nameOf(host ?? '');
    return names.includes(name) || (AUTH === 'none' && isLoopback(name));
  };
}

const notOurs = (host: string | undefined): string =>
  `This app does not answer for the host ${JSON.stringify((host ?? '').slice(0, 100))}; ` +
  'add it to ALLOWED_HOSTS or PUBLIC_URL';
