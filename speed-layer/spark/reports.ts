/**
 * What the processes that decide tell the supervisor: where they run, their metrics, what they wait for, and of which
 * partitions they have dropped records.
 *
 * executor.ts sends a report a second by HTTP, supervisor.ts receives them. A report carries the token that the
 * supervisor made for its own processes, since the port may be open to a network.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { messageOf } from '../../core/process/errors.ts';
import { hostPort } from '../../core/process/host-port.ts';

export const Report = z.object({
  /** Of the process; another start is another name. */
  name: z.string(),
  host: z.string(),
  pid: z.number().int(),
  /** The file on its host that has its log; null: the log of the supervisor. */
  logFile: z.string().nullable(),
  /** Why it cannot go on just now, or null. */
  waitsFor: z.string().nullable(),
  dropped: z.array(
    z.object({
      partition: z.number().int(),
      run: z.number().int(),
      why: z.enum(['waits', 'follows', 'has waited']),
    }),
  ),
  /** The metrics of its registry, as prom-client makes them. */
  metrics: z.array(z.looseObject({ name: z.string() })),
});
export type Report = Readonly<z.infer<typeof Report>>;

export const ReportAddress = z.object({ url: z.url(), token: z.string() });
export type ReportAddress = Readonly<z.infer<typeof ReportAddress>>;

const SEND_LIMIT_MS = 2_000;
const GREATEST_BYTES = 8 << 20;

/** Returns null, or why the report did not arrive; the next report says the same and more. */
export async function sendReport({ url, token }: ReportAddress, report: Report): Promise<string | null> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(SEND_LIMIT_MS);
  try {
    const { ok, status } = await fetch(url, { method: 'POST', headers, body: JSON.stringify(report), signal });
    return ok ? null : `the supervisor answers ${status}`;
  } catch (fault) {
    return messageOf(fault);
  }
}

export interface ReportServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Listens on `host`, on a free port. */
export async function receiveReports(
  { host, token }: { host: string; token: string },
  take: (report: Report) => void,
): Promise<ReportServer> {
  const server = createServer((request, response) => {
    const answer = (status: number): unknown => response.writeHead(status).end();
    if (!isAuthorized(request, token)) return void answer(401);
    textOf(request)
      .then(
        (text) => {
          take(Report.parse(JSON.parse(text)));
          answer(204);
        },
        () => answer(400),
      )
      .catch(() => answer(400));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  return {
    url: `http://${hostPort(host, (server.address() as AddressInfo).port)}/report`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function isAuthorized(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > GREATEST_BYTES) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
