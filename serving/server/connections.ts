/**
 * The connections of a server, and which answers are under way on each, so that stopping waits for nothing else.
 *
 * command.ts closes the server by it. Node counts a connection that has not asked anything yet as busy, and browsers
 * open such ones ahead; so what is idle is known here. An answer may end; an endless one (server-sent events, ended by
 * their owner before) only gets the moment that its last bytes need, since a client that does not read would take for
 * ever.
 */
import type { Server as HttpServer, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

export interface CloseLimits {
  readonly streamMs: number;
  readonly answerMs: number;
}

export interface Connections {
  /** Takes no new connections, and resolves when all are closed: by themselves, or cut when their limit has passed. */
  close(limits: CloseLimits): Promise<void>;
}

export function connectionsOf(server: HttpServer | HttpsServer): Connections {
  const underWay = new Map<Socket, Set<ServerResponse>>();
  let isClosing = false;
  const raw = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    raw.add(socket);
    socket.once('close', () => raw.delete(socket));
  });
  // With TLS requests come on sockets of their own, above the connections.
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    underWay.set(socket, new Set());
    socket.once('close', () => underWay.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    const answers = underWay.get(socket);
    answers?.add(response);
    response.once('close', () => {
      answers?.delete(response);
      if (isClosing && answers?.size === 0) socket.destroySoon();
    });
  });
  const cutStreams = (): void => {
    for (const [socket, answers] of underWay) if ([...answers].some(isStream)) socket.destroy();
  };
  return {
    close({ streamMs, answerMs }) {
      isClosing = true;
      return new Promise((resolve) => {
        const limits = [
          setTimeout(cutStreams, streamMs),
          setTimeout(() => raw.forEach((socket) => socket.destroy()), answerMs),
        ];
        server.close(() => {
          limits.forEach(clearTimeout);
          resolve();
        });
        for (const [socket, answers] of underWay) if (answers.size === 0) socket.destroy();
      });
    },
  };
}

function isStream(response: ServerResponse): boolean {
  return String(response.getHeader('content-type')).startsWith('text/event-stream');
}
