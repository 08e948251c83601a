/**
 * Addresses of servers, `host:port` or `[IPv6]:port`: the one place that reads and writes them.
 *
 * setting-types.ts parses the addresses that people set, the HBase client those of ZooKeeper and meta; the Kafka
 * clients take the parts. A HostPort is one canonical text, so that it can be a key and stand in a message. A host
 * alone never has brackets; before a port and in a URL an IPv6 address has them, because of its own colons.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

declare const parsed: unique symbol;
export type HostPort = string & { readonly [parsed]: 'HostPort' };

/** Letters, digits, hyphens, underscores (of container networks) and dots. */
const HOST_NAME = /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/;
const MOST_PORT = 65_535;

/**
 * A host as people write it, without brackets; null if it is neither an address nor a name. A zone (`fe80::1%eth0`)
 * fits no URL.
 */
export function parseHost(text: string): string | null {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  if (isIPv6(bare)) return bare.includes('%') ? null : bare.toLowerCase();
  return bare === text && HOST_NAME.test(bare) ? bare : null;
}

/** Null unless it is `name:port`, `IPv4:port` or `[IPv6]:port`. */
export function parseHostPort(text: string): HostPort | null {
  const parts = /^(\[[^\]]*\]|[^:[\]]+):(\d{1,5})$/.exec(text);
  const host = parts ? parseHost(parts[1]!) : null;
  const port = Number(parts?.[2]);
  return host !== null && port >= 1 && port <= MOST_PORT ? hostPort(host, port) : null;
}

/**
 * An address that another program wrote, such as HBase in its table of regions: some write an IPv6 address without
 * brackets. Null if there is no port.
 */
export function namedHostPort(text: string): HostPort | null {
  const colon = text.lastIndexOf(':');
  const parts = { host: parseHost(text.slice(0, Math.max(0, colon))), port: Number(text.slice(colon + 1)) };
  return parts.host !== null && Number.isInteger(parts.port) && parts.port > 0
    ? hostPort(parts.host, parts.port)
    : null;
}

/** `host:port[,host:port…]`, as bootstrap servers and quorums are named; null if any of it is not. */
export function parseHostPorts(text: string): HostPort[] | null {
  const found = text.split(',').map((one) => parseHostPort(one.trim()));
  return found.every((one) => one !== null) ? found : null;
}

/** From a host and a port that another program named. */
export function hostPort(host: string, port: number): HostPort {
  return `${inUrl(host)}:${port}` as HostPort;
}

/** What a socket connects to: the host without brackets. */
export function partsOf(address: HostPort): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: bare(address.slice(0, colon)), port: Number(address.slice(colon + 1)) };
}

/** A host as it stands in a URL. */
export function inUrl(host: string): string {
  return isIPv6(bare(host)) ? `[${bare(host)}]` : host;
}

/** The address at which this machine reaches a server that listens on `host`; "any address" becomes loopback. */
export function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return isIPv6(bare(host)) && canonical(host) === '::' ? '::1' : bare(host);
}

/** The host of a Host header: without the port, the brackets of IPv6 and the dot at the end; lower case. */
export function nameInHost(header: string): string {
  const name = /^\[([^\]]*)\](?::\d+)?$/.exec(header)?.[1] ?? header.replace(/:\d+$/, '');
  return name.toLowerCase().replace(/\.$/, '');
}

/** Whether nobody on another machine can be meant: 127.0.0.0/8 and ::1 in all their spellings, and localhost. */
export function isLoopback(host: string): boolean {
  const name = bare(host).toLowerCase().replace(/\.$/, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  if (isIPv4(name)) return LOOPBACK.check(name, 'ipv4');
  return isIPv6(name) && LOOPBACK.check(name, 'ipv6');
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function bare(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

/** An IPv6 address in its shortest spelling. */
function canonical(host: string): string {
  return bare(new URL(`http://[${bare(host)}]`).hostname);
}
