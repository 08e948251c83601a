/**
 * On which TCP ports processes listen, from the kernel's own tables: what a capture of their traffic is told.
 *
 * Source: proc(5), /proc/net/tcp and tcp6 (state 0A listens, the tenth field is the socket), and the links in
 * /proc/<pid>/fd that name the sockets of a process.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTENS = '0A';

export function listeningPorts(pids: readonly number[]): number[] {
  const sockets = new Set(pids.flatMap(socketsOf));
  const lines = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8').trim().split('\n').slice(1),
  );
  const ports = lines.flatMap((line) => {
    const [, address = '', , state, , , , , , socket = ''] = line.trim().split(/\s+/);
    return state === LISTENS && sockets.has(socket) ? [Number.parseInt(address.split(':')[1]!, 16)] : [];
  });
  return [...new Set(ports)];
}

function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return namesIn(folder).flatMap((name) => /^socket:\[(\d+)\]$/.exec(linkOf(`${folder}/${name}`))?.[1] ?? []);
}

/** None where the process is gone. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
