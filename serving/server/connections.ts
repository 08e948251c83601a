/**
 * The connections of a server and the answers that run on each, so that a stop waits for nothing else.
 *
 * command.ts closes the server with it. Node counts a connection without a request as busy, and browsers open such
 * connections in advance, so this file tracks which ones are idle. A running answer may finish. A stream of server-sent
 * events, which its owner has already ended, gets only a moment for its last bytes, because a client that does not read
 * would delay the stop for ever.
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
  /** Accepts no new connections and resolves when all are closed, by themselves or after their limit. */
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
  // With TLS, requests arrive on sockets above the raw connections.
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
