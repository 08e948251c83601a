/**
 * The forward proxy of the network, as HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY name it, in capitals or small
 * letters.
 *
 * All HTTP requests take their proxy from here: the sign-in (to an issuer), the client of HDFS, the questions to the
 * NameNode, Maven's settings. Requests to this machine never go through a proxy, whatever the variables say: the proxy
 * would ask its own machine. The variables are conventions of all programs and not settings of Sightline, so this file
 * reads them from the environment with each request.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';
import request from '@cypress/request';
import { EXIT, Refusal } from './errors.ts';
import { isLoopback, parseHost } from './host-port.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a URL, or null where it is asked directly. Throws a Refusal (usage) if the variable names no HTTP
 * proxy.
 */
export function proxyFor(url: URL, environment: Environment = process.env): URL | null {
  if (isLoopback(url.hostname) || isExcepted(url, noProxyEntries(environment))) return null;
  const own = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  return proxyNamed(own, environment) ?? proxyNamed('ALL_PROXY', environment);
}

/** What NO_PROXY says: hosts, their domains, networks, each perhaps with a port. */
export function noProxyEntries(environment: Environment = process.env): string[] {
  return valueOf('NO_PROXY', environment)
    .split(/[\s,]+/)
    .filter(Boolean);
}

/** fetch, through the proxy where there is one. */
export async function outwardFetch(url: string | URL, options: Outward = {}): Promise<Response> {
  const target = new URL(url);
  const proxy = proxyFor(target);
  return proxy === null ? fetch(target, options as RequestInit) : fetchThrough(proxy, target, options);
}

/** What callers may give, a part of what fetch takes. */
export interface Outward {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | Headers | undefined;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Uses the HTTP package of the HDFS client: it tunnels https through any proxy and sends plain http to the proxy. A
 * redirect is an answer.
 */
function fetchThrough(proxy: URL, target: URL, { method = 'GET', headers, body, signal }: Outward): Promise<Response> {
  return new Promise((resolve, reject) => {
    const own = Object.fromEntries(new Headers(headers).entries());
    const text = body === undefined || body === null ? {} : { body: Buffer.isBuffer(body) ? body : String(body) };
    const asked = request(
      { method, uri: target.href, proxy: proxy.href, headers: own, ...text, followRedirect: false, encoding: null },
      (fault, answer, bytes) => {
        signal?.removeEventListener('abort', stop);
        if (fault) return reject(fault);
        const isEmpty = [101, 204, 205, 304].includes(answer!.statusCode);
        const given = Object.entries(answer!.headers).flatMap(([name, value]) =>
          [value ?? []].flat().map((one): [string, string] => [name, one]),
        );
        resolve(new Response(isEmpty ? null : new Uint8Array(bytes!), { status: answer!.statusCode, headers: given }));
      },
    );
    const stop = (): void => {
      asked.abort();
      reject(signal?.reason as Error);
    };
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}

/** Small letters come first, as in curl; an empty variable is none. */
function valueOf(name: string, environment: Environment): string {
  return environment[name.toLowerCase()] || environment[name] || '';
}

function proxyNamed(name: string, environment: Environment): URL | null {
  const text = valueOf(name, environment).trim();
  if (text === '') return null;
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : null;
  if (url && /^https?:$/.test(url.protocol) && url.hostname !== '') return url;
  // The text may hold a password.
  const found = url ? `${url.protocol}//…` : 'not an address';
  throw new Refusal(
    EXIT.usage,
    `${name} is ${found}; expected http://host:port of a forward proxy (https:// too, no SOCKS). ` +
      'Hosts that need no proxy belong in NO_PROXY',
  );
}

function isExcepted(url: URL, entries: readonly string[]): boolean {
  const host = parseHost(url.hostname) ?? url.hostname;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return entries.some((entry) => {
    if (entry === '*') return true;
    const [network, bits] = entry.split('/');
    if (bits !== undefined) return isWithin(host, network!, Number(bits));
    const [, named = '', onlyPort] = isIP(entry) === 0 ? (/^(.*?)(?::(\d+))?$/.exec(entry) ?? []) : [entry, entry];
    return (onlyPort === undefined || onlyPort === port) && isNamedBy(host, named);
  });
}

/** `example.org`, `.example.org` and `*.example.org` all mean the host and what is below it. */
function isNamedBy(host: string, named: string): boolean {
  const name = named
    .replace(/^\*?\./, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  return host.toLowerCase() === name || (isIP(host) === 0 && host.toLowerCase().endsWith(`.${name}`));
}

function isWithin(host: string, network: string, bits: number): boolean {
  if (isIP(host) === 0 || isIP(host) !== isIP(network) || !(bits >= 0 && bits <= (isIPv4(host) ? 32 : 128)))
    return false;
  const list = new BlockList();
  const family = isIPv4(host) ? 'ipv4' : 'ipv6';
  list.addSubnet(network, bits, family);
  return list.check(host, family);
}
