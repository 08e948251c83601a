/**
 * A real forward proxy on loopback: plain requests and tunnels, and a record of what it was asked.
 *
 * Names that `hosts` knows lead to where it says, as a company's proxy knows hosts that nobody else can look up; all
 * others are refused with 502, so that a test never leaves the machine.
 */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ForwardProxy {
  readonly url: string;
  /** `CONNECT issuer.example:443`, `GET http://host/path`: in the order in which they came. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

export async function startForwardProxy(
  hosts: Readonly<Record<string, { host: string; port: number }>> = {},
): Promise<ForwardProxy> {
  const asked: string[] = [];
  const tunnels = new Set<Duplex>();
  const server = createServer((question, answer) => {
    asked.push(`${question.method} ${question.url}`);
    const url = new URL(question.url!, 'http://none.invalid');
    const target = hosts[url.host];
    if (!target) return void answer.writeHead(502).end('this proxy knows no such host\n');
    const onward = request(
      { ...target, method: question.method, path: url.pathname + url.search, headers: question.headers },
      (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers);
        got.pipe(answer);
      },
    );
    onward.on('error', () => answer.destroy());
    question.pipe(onward);
  });
  server.on('connect', (question, client: Duplex) => {
    asked.push(`CONNECT ${question.url}`);
    const target = hosts[question.url!];
    if (!target) return void client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    const onward = connect(target, () => client.write('HTTP/1.1 200 Connection established\r\n\r\n'));
    tunnels.add(onward).add(client);
    onward.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('error', () => onward.destroy()).on('close', () => onward.destroy());
    onward.pipe(client).pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        for (const tunnel of tunnels) tunnel.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
