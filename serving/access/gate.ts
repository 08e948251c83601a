/**
 * Decides about access: finds the caller of a request and its role, or refuses the request.
 *
 * http/respond.ts calls it before every answer, proxy.ts before every page and page-props.ts where a page is rendered,
 * so that nothing can forget it. AUTH chooses one of four ways: none (only on a loopback address), basic (users.ts),
 * proxy (a header, accepted only from listed addresses) and oidc (a session, session.ts). A viewer sees numbers; an
 * operator also sees runs and dead letters. Footage is a right of its own. The gate also limits how much one caller may
 * ask.
 */
import { isUtf8 } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Audit } from '../../core/process/audit.ts';
import type { AccessConfig, RequestHeaders, Caller, Role } from './caller.ts';
import { NO_AUDIT } from '../../core/process/audit.ts';
import { isFault, Unauthenticated, Forbidden } from '../faults.ts';
import { addressList } from './addresses.ts';
import { hostTest } from './door.ts';
import { noAccessText, roleIn, withRights } from './groups.ts';
import { guessLimits, networkOf } from './guesses.ts';
import { clientOf, peerOf } from './peer.ts';
import { rateLimit } from './rate.ts';
import { sessions } from './session.ts';
import { basicUsers } from './users.ts';
import { parseList } from './list-text.ts';

export interface Gate {
  /** Finds the caller. Throws Unauthenticated, or Forbidden for a known person without access. */
  identify(request: RequestHeaders): Promise<Caller>;
  /** Finds the caller and counts the request. Throws TooManyRequests when the caller asks too much. */
  admit(request: RequestHeaders): Promise<Caller>;
  /** The key that counts a caller's requests and slots: the name of a known user, else the client's network. */
  keyOf(caller: Caller, request: RequestHeaders): string;
  /** Whether the caller may see host names: it has access and used one of our host names. Never throws. */
  isKnown(request: RequestHeaders): Promise<boolean>;
}

export function createGate(config: AccessConfig, now: () => number = Date.now, audit: Audit = NO_AUDIT): Gate {
  const identify = identifierOf(config, now, audit);
  const limit = rateLimit(config.RATE_LIMIT_PER_MINUTE, now);
  const isOurs = hostTest(config);
  const keyOf: Gate['keyOf'] = (caller, request) =>
    config.AUTH === 'none' ? `client ${networkOf(clientOf(request))}` : `user ${caller.name}`;
  return {
    identify,
    keyOf,
    async admit(request) {
      // Identifies first, so that requests of strangers behind the same balancer or office do not use up the limit of a
      // known caller.
      const caller = await identify(request);
      try {
        limit(keyOf(caller, request));
      } catch (fault) {
        throw isFault('TooManyRequests', fault) ? fault.of(caller.name) : fault;
      }
      return caller;
    },
    // Probes pass door.ts under any host name, so a page of another site could request them under its own name.
    isKnown: async (request) =>
      isOurs(request.headers.get('host') ?? undefined) &&
      identify(request).then(
        () => true,
        () => false,
      ),
  };
}

function identifierOf(
  config: AccessConfig,
  now: () => number,
  audit: Audit,
): (request: RequestHeaders) => Promise<Caller> {
  switch (config.AUTH) {
    case 'none':
      // Only users of this machine reach a loopback address, and they operate it.
      return async () => ({ name: 'local', role: 'operator', rights: ['footage'] });
    case 'basic': {
      const users = basicUsers(config.AUTH_USERS ?? '', guessLimits(config.RATE_LIMIT_PER_MINUTE, now), now, {
        onSignIn: ({ name, role }, from) => audit.record({ event: 'sign_in', who: name, role, from }),
        onFailure: (who, from) => audit.record({ event: 'sign_in_failed', who, from }),
      });
      return async (request) => {
        const user = await users.identify(request.headers.get('authorization'), clientOf(request));
        return withRights(user, [], config);
      };
    }
    case 'proxy':
      return proxyIdentifier(config);
    case 'oidc': {
      const sessionStore = sessions(config, now);
      return async (request) => {
        const person = await sessionStore.identify(request.headers.get('cookie'));
        const role = roleIn(person, config);
        if (role === null) throw new Forbidden(noAccessText(person.name), person.name, 'No access');
        return withRights({ name: person.name, role }, person.groups, config);
      };
    }
  }
}

/** Other programs can share the address of the proxy, so the proxy also sends a secret. */
function proxyIdentifier(config: AccessConfig): (request: RequestHeaders) => Promise<Caller> {
  const {
    AUTH_PROXY_HEADER,
    AUTH_PROXY_ADDRESSES = '',
    AUTH_PROXY_SECRET = '',
    AUTH_PROXY_SECRET_HEADER,
    AUTH_OPERATORS,
  } = config;
  const trusted = addressList('AUTH_PROXY_ADDRESSES', AUTH_PROXY_ADDRESSES);
  const secret = digestOf(AUTH_PROXY_SECRET);
  return async (request) => {
    if (!trusted.has(peerOf(request)))
      throw new Unauthenticated('This address is not a proxy that may name the user (AUTH_PROXY_ADDRESSES)');
    const sentSecret = request.headers.get(AUTH_PROXY_SECRET_HEADER) ?? '';
    if (AUTH_PROXY_SECRET === '' || !timingSafeEqual(digestOf(sentSecret), secret)) {
      throw new Unauthenticated(
        `The proxy did not send the secret that it shares with this app (header ${AUTH_PROXY_SECRET_HEADER})`,
      );
    }
    const name = headerText(request.headers.get(AUTH_PROXY_HEADER)).trim();
    if (!name) throw new Unauthenticated(`The proxy did not send the name of the user (header ${AUTH_PROXY_HEADER})`);
    return withRights({ name, role: roleOf(name, AUTH_OPERATORS) }, [], config);
  };
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Node gives a header as one character for each byte; proxies write names in UTF-8. */
function headerText(value: string | null): string {
  const bytes = Buffer.from(value ?? '', 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : (value ?? '');
}

/** AUTH_OPERATORS lists the operators, separated by commas; all other users of the proxy are viewers. */
function roleOf(name: string, operators: string): Role {
  return parseList(operators).includes(name) ? 'operator' : 'viewer';
}
