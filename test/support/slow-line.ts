/**
 * A line between a browser and the app on which a page comes in small pieces, as over a phone's: whatever is painted of
 * a part is seen.
 */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface SlowLine {
  readonly base: string;
  close(): void;
}

const PIECE_BYTES = 2_000;
const PIECE_MS = 25;

export async function slowLine(base: string): Promise<SlowLine> {
  const server = createServer((asked, answer) => {
    // Uncompressed: pieces of a page, not of an archive.
    const headers = { ...asked.headers, host: new URL(base).host, 'accept-encoding': 'identity' };
    const upstream = request(base + asked.url, { method: asked.method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      if (!/text\/html/.test(response.headers['content-type'] ?? '')) return void response.pipe(answer);
      void inPieces(response, answer);
    });
    upstream.on('error', () => answer.destroy());
    answer.on('close', () => upstream.destroy());
    asked.pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function inPieces(
  page: AsyncIterable<Buffer>,
  answer: { write(piece: Buffer): unknown; end(): unknown },
): Promise<void> {
  try {
    for await (const chunk of page) {
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        answer.write(chunk.subarray(at, at + PIECE_BYTES));
        await pause(PIECE_MS);
      }
    }
  } catch {
    // The page was closed before it had come.
  }
  answer.end();
}
