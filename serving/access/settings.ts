/** Checks the settings of access before the server listens. */
import type { Config } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { isLoopback } from '../../core/process/host-port.ts';
import { proxyFor } from '../../core/process/proxy.ts';
import { createDoor } from './door.ts';
import { createGate } from './gate.ts';
import { chosenGroups } from './groups.ts';
import { parseList } from './list-text.ts';

const SECRET_LENGTH = 32;

/** Throws a Refusal that names every fault; never shows a secret. */
export function checkAccess(config: Config): void {
  const faults: string[] = [];
  if (config.AUTH === 'none' && !isLoopback(config.BIND)) {
    faults.push(
      `AUTH=none admits everybody, so it serves only on a loopback address; BIND is ${config.BIND}. ` +
        'Choose AUTH=basic, proxy or oidc (docs/operations.md), or BIND=127.0.0.1',
    );
  }
  if (config.AUTH === 'proxy' && !config.AUTH_PROXY_ADDRESSES)
    faults.push('AUTH=proxy needs AUTH_PROXY_ADDRESSES, the addresses of the proxies that may name the user');
  if (config.AUTH === 'proxy' && (config.AUTH_PROXY_SECRET ?? '').length < SECRET_LENGTH) {
    faults.push(
      `AUTH=proxy needs AUTH_PROXY_SECRET (or AUTH_PROXY_SECRET_FILE) of at least ${SECRET_LENGTH} characters, ` +
        `which the proxy sends in the header ${config.AUTH_PROXY_SECRET_HEADER}`,
    );
  }
  faults.push(...publicUrlFaults(config.PUBLIC_URL), ...tlsFaults(config));
  if (config.AUTH === 'oidc') {
    for (const name of ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'PUBLIC_URL', 'SESSION_SECRET'] as const)
      if (!config[name]) faults.push(`AUTH=oidc needs ${name}`);
    if (parseList(config.AUTH_OPERATORS).length === 0 && chosenGroups(config).length === 0) {
      faults.push(
        'AUTH=oidc gives access to nobody yet. Set OIDC_VIEWER_GROUPS or OIDC_OPERATOR_GROUPS to groups of the ' +
          `claim ${config.OIDC_GROUPS_CLAIM} (OIDC_GROUPS_CLAIM), or AUTH_OPERATORS to names of the claim ` +
          `${config.OIDC_NAME_CLAIM} (OIDC_NAME_CLAIM); OIDC_VIEWER_GROUPS=* gives access to everybody whom the ` +
          'issuer signs in',
      );
    }
    if (config.SESSION_SECRET && config.SESSION_SECRET.length < SECRET_LENGTH)
      faults.push(`SESSION_SECRET has fewer than ${SECRET_LENGTH} characters`);
    if (config.OIDC_ISSUER?.startsWith('http:') && !isLoopback(new URL(config.OIDC_ISSUER).hostname))
      faults.push('OIDC_ISSUER must be an https address');
  }
  if (config.AUTH === 'oidc' && config.OIDC_ISSUER) proxyFor(new URL(config.OIDC_ISSUER));
  if (faults.length > 0) throw new Refusal(EXIT.usage, faults.join('\n'));
  createGate(config);
  createDoor(config);
}

function tlsFaults({ TLS_CERT_FILE: cert, TLS_KEY_FILE: key, PUBLIC_URL: url }: Config): string[] {
  const faults: string[] = [];
  if ((cert === undefined) !== (key === undefined))
    faults.push(
      'TLS_CERT_FILE and TLS_KEY_FILE must be set together; ' +
        `only ${cert === undefined ? 'TLS_KEY_FILE' : 'TLS_CERT_FILE'} is set`,
    );
  if (cert !== undefined && url?.startsWith('http:'))
    faults.push(
      'PUBLIC_URL is http://, but with TLS_CERT_FILE the app answers only https://; ' +
        'set PUBLIC_URL to the https:// address, or leave it out',
    );
  return faults;
}

/** Sessions and passwords must not cross a network unencrypted, and the app must be at the root of its host. */
function publicUrlFaults(text: string | undefined): string[] {
  if (text === undefined) return [];
  const { protocol, hostname, pathname, search, hash, username, password } = new URL(text);
  const faults: string[] = [];
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname)))
    faults.push(`PUBLIC_URL is ${protocol}//${hostname}; https:// was expected, except on this machine`);
  if (pathname !== '/' || search !== '' || hash !== '')
    faults.push('PUBLIC_URL has a path; the app answers at the root of a host, such as https://sightline.example.org');
  if (username !== '' || password !== '')
    faults.push('PUBLIC_URL has a user or a password in it; only scheme, host and port were expected');
  return faults;
}
