/**
 * Who holds a port that a daemon needs. Asked before the start, because a JVM that cannot bind says so late and in many
 * lines. The owner is found on Linux through /proc; elsewhere, and for other people's processes, only the port is
 * named.
 */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { ClusterError } from '../stack/errors.ts';
import { loopback, portTable } from '../stack/ports.ts';
import { argsOf } from '../../core/process/process-table.ts';
import type { PortName } from '../stack/ports.ts';
import type { Stack } from '../stack/stack.ts';

/** Throws one error that names every taken port of the given daemons. */
export async function refuseTakenPorts(
  stack: Stack,
  wanted: readonly { daemon: string; port: PortName; host?: string | undefined }[],
): Promise<void> {
  const faults: string[] = [];
  for (const { daemon, port, host } of wanted) {
    const number = stack.ports[port];
    if (await isFree(number, host)) continue;
    const owner = ownerOf(number);
    const who = owner ? `process ${owner.pid} (${owner.program})` : 'another program';
    faults.push(`port ${number}, needed by ${daemon}, is held by ${who}; ${portTable[port].variable}=<port> moves it`);
  }
  if (faults.length === 0) return;
  faults.push('SIGHTLINE_PORT_BASE_OFFSET=<number> moves all ports of the stack; or end the other program.');
  throw new ClusterError(faults.join('\n'));
}

function isFree(port: number, host: string = loopback): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The process that listens on a TCP port, or whose connection has it as its own end, if it can be told. */
export function ownerOf(port: number): { pid: number; program: string } | undefined {
  const sockets = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => socketsOn(file, port));
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
function socketsOn(file: string, port: number): { inode: string; isListening: boolean }[] {
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
    .filter((c) => c[1]?.endsWith(`:${hex}`))
    .flatMap((c) => (c[9] ? [{ inode: c[9], isListening: c[3] === '0A' }] : []));
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
