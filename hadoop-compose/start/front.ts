/**
 * Where the app of `npm start` answers, and questions to it: over TLS with the stack's own certificate where the stack
 * is secured, else as it is.
 *
 * start.ts waits for it and shows its figures on the status line. Browsers know the authority of the stack only if a
 * person adds it.
 */
import { readFileSync } from 'node:fs';
import type { Config } from '../../core/process/config.ts';
import { hostPort, isLoopback, reachable } from '../../core/process/host-port.ts';
import type { WebAnswer } from '../cluster/web.ts';
import { askUrl } from '../cluster/web.ts';
import { HOST, secretFile } from '../secured/secrets.ts';
import type { Stack } from '../stack/stack.ts';

export interface Front {
  /** Without a slash at its end. */
  readonly address: string;
  readonly ask: (path: string, signal: AbortSignal) => Promise<WebAnswer>;
}

export function frontOf(stack: Stack, { BIND, PORT }: Pick<Config, 'BIND' | 'PORT'>): Front {
  const host = reachable(BIND);
  if (!stack.isSecured) return front(`http://${hostPort(host, PORT)}`);
  const ca = readFileSync(secretFile(stack, 'ca.pem'), 'utf8');
  return front(`https://${hostPort(isLoopback(host) ? HOST : host, PORT)}`, ca);
}

/** What the app is told of its own TLS. */
export function frontEnvironment(stack: Stack): Record<string, string> {
  if (!stack.isSecured) return {};
  return { TLS_CERT_FILE: secretFile(stack, 'server.pem'), TLS_KEY_FILE: secretFile(stack, 'server.key') };
}

function front(address: string, ca?: string): Front {
  return {
    address,
    ask: (path, signal) => askUrl(new URL(path, address), { signal, ...(ca === undefined ? {} : { ca }) }),
  };
}
