/**
 * What happens to a request before Next.js sees it: is it for this app, does it read, from where did it come, and what
 * no client may say itself.
 *
 * command.ts calls it for every request. A page of another site can make its own name point to this address (DNS
 * rebinding) and then read what it likes, as long as the browser's Host header is believed; so only names that are ours
 * get an answer. Probes have none of these names and tell nothing, so they are let through.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Audit } from '../../core/process/audit.ts';
import { NO_AUDIT } from '../../core/process/audit.ts';
import type { Config } from '../../core/process/config.ts';
import { isLoopback, nameInHost as nameOf } from '../../core/process/host-port.ts';
import { addressList } from './addresses.ts';
import { admitsMethod } from './methods.ts';
import { stampPeer } from './peer.ts';
import { turnAway } from './refuse-request.ts';
import { listed } from './list-text.ts';

export type DoorConfig = Pick<Config, 'AUTH' | 'ALLOWED_HOSTS' | 'PUBLIC_URL' | 'TRUSTED_PROXIES'>;

const PROBES = ['/healthz', '/readyz'];
const A_YEAR_OF_SECONDS = 31_536_000;

/**
 * Returns whether the request may go on; if not, it is answered. Throws a Refusal if a list of addresses cannot be
 * read.
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
      turnAway(response, { title: 'Misdirected request', status: 421, detail: notOurs(request.headers.host) });
      return false;
    }
    if (!admitsMethod(request, response)) return false;
    // X-Forwarded-Proto is there only if a trusted proxy wrote it. A name of this machine is shared by all that is
    // developed on it.
    const isEncrypted = isPublic || request.headers['x-forwarded-proto'] === 'https' || 'encrypted' in request.socket;
    if (isEncrypted && !isLoopback(nameOf(request.headers.host ?? ''))) {
      response.setHeader('strict-transport-security', `max-age=${A_YEAR_OF_SECONDS}`);
    }
    return true;
  };
}

/**
 * Names in ALLOWED_HOSTS and that of PUBLIC_URL; loopback names where AUTH=none; every name where nothing is said and
 * one signs in.
 */
export function hostTest({
  AUTH,
  ALLOWED_HOSTS,
  PUBLIC_URL,
}: Omit<DoorConfig, 'TRUSTED_PROXIES'>): (host: string | undefined) => boolean {
  const names = listed(ALLOWED_HOSTS)
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
  `This app does not answer at ${JSON.stringify((host ?? '').slice(0, 100))}; ALLOWED_HOSTS or PUBLIC_URL names the hosts that it answers at`;
