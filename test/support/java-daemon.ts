/** A daemon of a test's own: started with its words in a file, ready when it says so, ended by its pid. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

const READY_LIMIT_MS = 180_000;
const END_LIMIT_MS = 30_000;

export interface JavaDaemon {
  /** What it said when it was ready. */
  readonly said: RegExpExecArray;
  close(): Promise<void>;
}

export interface DaemonCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  /** A line of its output that means that it is ready. */
  readonly ready: RegExp;
}

export async function startDaemon({ program, args, env, logFile, ready }: DaemonCommand): Promise<JavaDaemon> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(logFile);
  let words = '';
  const said = await new Promise<RegExpExecArray>((resolve, reject) => {
    const fail = (why: string): void =>
      reject(new Error(`${args.join(' ')} ${why}; its last words:\n${words.slice(-3_000)}`));
    const limit = setTimeout(
      () => void end(child).then(() => fail(`was not ready after ${READY_LIMIT_MS} ms`)),
      READY_LIMIT_MS,
    );
    const take = (chunk: Buffer): void => {
      log.write(chunk);
      words = (words + chunk.toString('utf8')).slice(-20_000);
      const found = ready.exec(words);
      if (!found) return;
      clearTimeout(limit);
      resolve(found);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (fault) => fail(`could not be started: ${fault.message}`));
    child.on('exit', (code) => (clearTimeout(limit), fail(`ended with ${code}`)));
  });
  return {
    said,
    async close() {
      await end(child);
      log.end();
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const late = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
  clearTimeout(late);
}

/** Ports of loopback that nobody held a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
