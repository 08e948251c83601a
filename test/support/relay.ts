/** A plain TCP relay: the same server at another address of this machine. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { HostPort } from '../../core/process/host-port.ts';
import { hostPort, partsOf } from '../../core/process/host-port.ts';

export interface Relay {
  readonly address: HostPort;
  /** Connections that were taken so far. */
  readonly taken: () => number;
  close(): Promise<void>;
}

export async function startRelay(host: string, target: HostPort): Promise<Relay> {
  const sockets = new Set<Socket>();
  let taken = 0;
  const server = createServer((here) => {
    taken++;
    const there = connect(partsOf(target));
    endTogether(here, there, sockets);
    here.pipe(there).pipe(here);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    address: hostPort(host, (server.address() as AddressInfo).port),
    taken: () => taken,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** When one side ends, the other is ended too; both are added to `sockets`. */
export function endTogether(here: Socket, there: Socket, sockets: Set<Socket>): void {
  for (const [one, other] of [
    [here, there],
    [there, here],
  ] as const) {
    sockets.add(one);
    one.on('error', () => other.destroy()).on('close', () => other.destroy());
  }
}
