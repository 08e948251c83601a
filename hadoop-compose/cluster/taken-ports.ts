/**
 * Who holds a port that a daemon needs. Asked before the start, because a JVM that cannot bind says so late and in many
 * lines. The owner is found on Linux through /proc; elsewhere, and for other people's processes, only the port is
 * named.
 *
 * A port belongs to an address: nodes of Cassandra listen on one port at 127.0.0.1, .2 and .3. A daemon that was killed
 * leaves the process table before the kernel has closed its sockets, so a port whose owner cannot be named gets some
 * seconds to become free.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { endianness } from 'node:os';
import { ClusterError } from '../stack/errors.ts';
import { loopback, portTable } from '../stack/ports.ts';
import { argsOf } from '../../core/process/process-table.ts';
import type { PortName } from '../stack/ports.ts';
import type { Stack } from '../stack/stack.ts';

const FREED_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 100;

/** Throws one error that names every taken port of the given daemons. */
export async function refuseTakenPorts(
  stack: Stack,
  wanted: readonly { daemon: string; port: PortName; host?: string | undefined }[],
): Promise<void> {
  const faults: string[] = [];
  for (const { daemon, port, host } of wanted) {
    const number = stack.ports[port];
    const owner = await holderOf(number, host);
    if (owner === 'nobody') continue;
    const who = owner ? `process ${owner.pid} (${owner.program})` : 'another program';
    faults.push(`port ${number}, needed by ${daemon}, is held by ${who}; ${portTable[port].variable}=<port> moves it`);
  }
  if (faults.length === 0) return;
  faults.push('SIGHTLINE_PORT_BASE_OFFSET=<number> moves all ports of the stack; or end the other program.');
  throw new ClusterError(faults.join('\n'));
}

/** Undefined: somebody holds it, and nobody can be named. */
async function holderOf(port: number, host: string = loopback): Promise<Owner | 'nobody' | undefined> {
  for (const until = Date.now() + FREED_WITHIN_MS; ; await pause(LOOK_EVERY_MS)) {
    if (await isFree(port, host)) return 'nobody';
    const owner = ownerOf(port, host);
    const isAlive = owner !== undefined && argsOf(owner.pid).length > 0;
    if (isAlive || Date.now() > until) return owner;
  }
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

export interface Owner {
  readonly pid: number;
  readonly program: string;
}

/**
 * The process that listens on a TCP port, or whose connection has it as its own end, if it can be told; at any address
 * if none is named.
 */
export function ownerOf(port: number, host?: string): Owner | undefined {
  const sockets = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => socketsOn(file, port, host));
  const listening = sockets.filter(({ isListening }) => isListening);
  const inodes = new Set((listening.length > 0 ? listening : sockets).map(({ inode }) => inode));
  if (inodes.size === 0) return undefined;
  for (const name of listFolder('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    for (const descriptor of listFolder(`/proc/${name}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${name}/fd/${descriptor}`))?.[1];
      if (inode && inodes.has(inode)) return { pid: Number(name), program: programOf(Number(name)) };
    }
  }
  return undefined;
}

/** A line of /proc/net/tcp: `0: 0100007F:2384 00000000:0000 0A … uid timeout inode`; 0A is a listening socket. */
function socketsOn(file: string, port: number, host: string | undefined): { inode: string; isListening: boolean }[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const columns = text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  return columns
    .filter((c) => c[1]?.endsWith(`:${hex}`) && isAt(c[1].slice(0, -5), host))
    .flatMap((c) => (c[9] ? [{ inode: c[9], isListening: c[3] === '0A' }] : []));
}

/** Words of an address have the order of the machine. In tcp6 an IPv4 address comes last; all zeros are any. */
function isAt(hex: string, host: string | undefined): boolean {
  if (host === undefined || /^0+$/.test(hex)) return true;
  const bytes = host.split('.').map((part) => Number(part).toString(16).toUpperCase().padStart(2, '0'));
  return hex.endsWith((endianness() === 'LE' ? bytes.reverse() : bytes).join(''));
}

/** The program's name, and for one of our daemons which. */
function programOf(pid: number): string {
  const args = argsOf(pid);
  const program = args[0]?.split('/').at(-1) ?? 'unknown';
  const daemon = args.find((arg) => arg.startsWith('-Dsightline.daemon='))?.split('=')[1];
  const home = args.find((arg) => arg.startsWith('-Dsightline.home='))?.split('=')[1];
  return daemon ? `${daemon} of the stack in ${home}` : program;
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
