/**
 * Who may look: turns a request into a caller with a role, or refuses it.
 *
 * http/respond.ts asks it before every answer, proxy.ts before every page and page-props.ts where a page is made, so
 * that nothing can forget to. Four ways, chosen by AUTH: none (only on a loopback address), basic (users.ts), proxy (a
 * header, taken only from listed addresses) and oidc (a session, session.ts). A viewer sees numbers; an operator sees
 * runs and dead letters too. How much one caller may ask is decided here as well.
 */
import { isUtf8 } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Audit } from '../../core/process/audit.ts';
import type { AccessConfig, Asking, Caller, Role } from './caller.ts';
import { NO_AUDIT } from '../../core/process/audit.ts';
import { isFault, NotAdmitted, NotAllowed } from '../faults.ts';
import { addressList } from './addresses.ts';
import { hostTest } from './door.ts';
import { mayNotLook, roleIn } from './groups.ts';
import { guessLimits, networkOf } from './guesses.ts';
import { clientOf, peerOf } from './peer.ts';
import { rateLimit } from './rate.ts';
import { sessions } from './session.ts';
import { basicUsers } from './users.ts';
import { listed } from './list-text.ts';

export interface Gate {
  /** Who asks. Throws NotAdmitted, or NotAllowed where somebody is known who may not look. */
  identify(request: Asking): Promise<Caller>;
  /** The same, and counts the question. Throws TooMany when the caller asks too much. */
  admit(request: Asking): Promise<Caller>;
  /** Under what a caller's questions and places are counted: the name of a known user, else the client's network. */
  keyOf(caller: Caller, request: Asking): string;
  /** Whether who asks may hear names of hosts: somebody who is let in, at a name of ours. Never throws. */
  knows(request: Asking): Promise<boolean>;
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
      // Known callers first: what strangers ask, from the same balancer or office too, takes nothing from them.
      const caller = await identify(request);
      try {
        limit(keyOf(caller, request));
      } catch (fault) {
        throw isFault('TooMany', fault) ? fault.of(caller.name) : fault;
      }
      return caller;
    },
    // Probes pass the door under any name, so a page of another site could ask for them by a name of its own.
    knows: async (request) =>
      isOurs(request.headers.get('host') ?? undefined) &&
      identify(request).then(
        () => true,
        () => false,
      ),
  };
}

function identifierOf(config: AccessConfig, now: () => number, audit: Audit): (request: Asking) => Promise<Caller> {
  switch (config.AUTH) {
    case 'none':
      // Whoever sits at this machine operates it.
      return async () => ({ name: 'local', role: 'operator' });
    case 'basic': {
      const users = basicUsers(config.AUTH_USERS ?? '', guessLimits(config.RATE_LIMIT_PER_MINUTE, now), now, {
        signedIn: ({ name, role }, from) => audit.record({ event: 'sign_in', who: name, role, from }),
        failed: (who, from) => audit.record({ event: 'sign_in_failed', who, from }),
      });
      return (request) => users.identify(request.headers.get('authorization'), clientOf(request));
    }
    case 'proxy':
      return proxyIdentifier(config);
    case 'oidc': {
      const held = sessions(config, now);
      return async (request) => {
        const person = await held.identify(request.headers.get('cookie'));
        const role = roleIn(person, config);
        if (role === null) throw new NotAllowed(mayNotLook(person.name), person.name, 'You may not look');
        return { name: person.name, role };
      };
    }
  }
}

/** An address alone can be shared by others on the same machine or network, so the proxy also shows a secret. */
function proxyIdentifier(config: AccessConfig): (request: Asking) => Promise<Caller> {
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
      throw new NotAdmitted('This address is not one of the proxies that may say who asks');
    const shown = request.headers.get(AUTH_PROXY_SECRET_HEADER) ?? '';
    if (AUTH_PROXY_SECRET === '' || !timingSafeEqual(digestOf(shown), secret)) {
      throw new NotAdmitted(
        `The proxy did not show the secret that it shares with this app (header ${AUTH_PROXY_SECRET_HEADER})`,
      );
    }
    const name = headerText(request.headers.get(AUTH_PROXY_HEADER)).trim();
    if (!name) throw new NotAdmitted(`The proxy did not say who asks (header ${AUTH_PROXY_HEADER})`);
    return { name, role: roleOf(name, AUTH_OPERATORS) };
  };
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** A header comes as bytes, one character each; proxies write names in UTF-8. */
function headerText(value: string | null): string {
  const bytes = Buffer.from(value ?? '', 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : (value ?? '');
}

/** AUTH_OPERATORS names operators, separated by commas; everybody else whom the proxy lets in is a viewer. */
function roleOf(name: string, operators: string): Role {
  return listed(operators).includes(name) ? 'operator' : 'viewer';
}
