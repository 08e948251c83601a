/**
 * Who may look: turns a request into a caller with a role, or refuses it.
 *
 * http/respond.ts asks it before every answer and proxy.ts before every page, so that no route can forget to. Four ways, chosen by
 * AUTH: none (only on a loopback address), basic (users.ts), proxy (a header, taken only from listed addresses) and oidc (a session,
 * session.ts). A viewer sees numbers; an operator sees runs and dead letters too. How much one caller may ask is decided here as well.
 */
import type { Config } from '../../core/process/config.ts';
import { NotAdmitted } from '../faults.ts';
import { addressList } from './addresses.ts';
import { peerOf } from './peer.ts';
import { rateLimit } from './rate.ts';
import { sessions } from './session.ts';
import { basicUsers } from './users.ts';

export type Role = 'viewer' | 'operator';

export interface Caller {
  readonly name: string;
  readonly role: Role;
}

export interface Gate {
  /** Throws NotAdmitted, or TooMany when the caller asks too much. */
  admit(request: Request): Promise<Caller>;
}

export type AccessConfig = Pick<
  Config,
  'AUTH' | 'AUTH_USERS' | 'AUTH_PROXY_HEADER' | 'AUTH_PROXY_ADDRESSES' | 'AUTH_OPERATORS' | 'SESSION_SECRET' | 'PUBLIC_URL' | 'RATE_LIMIT_PER_MINUTE'
>;

/** Guesses at a password, far below what a person needs. */
const MOST_REFUSALS_PER_MINUTE = 300;

export function createGate(config: AccessConfig, now: () => number = Date.now): Gate {
  const identify = identifierOf(config);
  const limit = rateLimit(config.RATE_LIMIT_PER_MINUTE, now);
  const refusals = rateLimit(Math.min(config.RATE_LIMIT_PER_MINUTE, MOST_REFUSALS_PER_MINUTE), now);
  return {
    async admit(request) {
      const peer = peerOf(request);
      // Before anything is checked: passwords are slow to check, and guessing them is limited by address.
      refusals(`refused ${peer}`, 'look');
      const caller = await identify(request).catch((fault: unknown) => {
        refusals(`refused ${peer}`);
        throw fault;
      });
      limit(config.AUTH === 'none' ? `peer ${peer}` : `user ${caller.name}`);
      return caller;
    },
  };
}

function identifierOf(config: AccessConfig): (request: Request) => Promise<Caller> {
  switch (config.AUTH) {
    case 'none':
      // Whoever sits at this machine operates it.
      return async () => ({ name: 'local', role: 'operator' });
    case 'basic': {
      const users = basicUsers(config.AUTH_USERS ?? '');
      return (request) => users.identify(request.headers.get('authorization'));
    }
    case 'proxy':
      return proxyIdentifier(config);
    case 'oidc': {
      const held = sessions(config);
      return (request) => held.identify(request.headers.get('cookie'));
    }
  }
}

function proxyIdentifier({ AUTH_PROXY_HEADER, AUTH_PROXY_ADDRESSES = '', AUTH_OPERATORS }: AccessConfig): (request: Request) => Promise<Caller> {
  const trusted = addressList(AUTH_PROXY_ADDRESSES);
  return async (request) => {
    const name = request.headers.get(AUTH_PROXY_HEADER)?.trim();
    if (!trusted.has(peerOf(request))) throw new NotAdmitted('This address is not one of the proxies that may say who asks');
    if (!name) throw new NotAdmitted(`The proxy did not say who asks (header ${AUTH_PROXY_HEADER})`);
    return { name, role: roleOf(name, AUTH_OPERATORS) };
  };
}

/** AUTH_OPERATORS names operators, separated by commas; everybody else who is let in is a viewer. */
export function roleOf(name: string, operators: string): Role {
  return operators.split(',').some((one) => one.trim() === name) ? 'operator' : 'viewer';
}
