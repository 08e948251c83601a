/**
 * `sightline serve`: serves the API and the dashboard until it is stopped.
 *
 * Next.js runs in this process, so that the signal, the connections and the stores have one owner. A stop ends streams
 * at once, lets short answers finish, cuts the rest after two seconds, and closes the stores last.
 */
import type { Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { Command, Option } from 'commander';
import type { Config } from '../../core/process/config.ts';
import { SECOND_MS } from '../../core/domain/time.ts';
import { readConfig } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { hostPort, reachable } from '../../core/process/host-port.ts';
import { runCommand, stopSignal, untilStopped } from '../../core/process/life.ts';
import type { MetricsServer } from '../../core/process/metrics.ts';
import type { Role } from '../access/caller.ts';
import { serveMetrics } from '../../core/process/metrics.ts';
import { announceTarget } from '../../core/process/metrics-target.ts';
import { currentAccess } from '../access/current.ts';
import { createDoor } from '../access/door.ts';
import { checkAccess } from '../access/settings.ts';
import { LEAST_PASSWORD_CHARACTERS, userLine } from '../access/users.ts';
import { APP_FOLDER, ensureBuilt } from './build.ts';
import { connectionsOf } from './connections.ts';
import { pairFilesOf, readPair, serverFor, watchPair } from './tls.ts';
import { closeServing, currentServing, endStreams } from '../app/process.ts';
import { reasonsOf } from '../app/readiness.ts';

const CLOSE_LIMITS = { streamMs: 150, answerMs: 2_000 };

export function serveCommand(): Command {
  return new Command('serve')
    .description('serve the API and the dashboard on BIND:PORT')
    .action(() => runCommand(() => serve(readConfig(), stopSignal())));
}

/**
 * `sightline user NAME`: prints a line for AUTH_USERS; reads the password from standard input, never from the command
 * line.
 */
export function userCommand(): Command {
  return new Command('user')
    .description('print a line for AUTH_USERS (AUTH=basic); reads the password from standard input')
    .argument('<name>', 'without colon or space')
    .addOption(new Option('--role <role>', 'what the user may see').choices(['viewer', 'operator']).default('viewer'))
    .action((name: string, { role }: { role: Role }) =>
      runCommand(async () => {
        if (!/^[^:\s]+$/.test(name))
          throw new Refusal(EXIT.usage, `The name is ${JSON.stringify(name)}; no colon and no space were expected`);
        const password = (await text(process.stdin)).replace(/\r?\n$/, '');
        const length = [...password.normalize('NFC')].length;
        if (length < LEAST_PASSWORD_CHARACTERS)
          throw new Refusal(
            EXIT.usage,
            `The password has ${length} characters; at least ${LEAST_PASSWORD_CHARACTERS} were expected`,
          );
        process.stdout.write(`${await userLine(name, role, password)}\n`);
      }),
    );
}

async function serve(config: Config, signal: AbortSignal): Promise<number> {
  checkAccess(config);
  const pair = pairFilesOf(config) && readPair(pairFilesOf(config)!, Date.now());
  const say = (who: string, what: string): void => void process.stderr.write(`${who}: ${what}\n`);
  await ensureBuilt(say, signal);
  const { BIND: hostname, PORT: port } = config;
  // React and Next.js read NODE_ENV when they are loaded.
  Object.assign(process.env, { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' });
  const { default: next } = await import('next');
  const app = next({ dir: APP_FOLDER, dev: false, hostname, port });
  await app.prepare();
  const handle = app.getRequestHandler();
  const admits = createDoor(config, currentAccess().audit);
  const server = serverFor(pair, (request, response) => {
    if (admits(request, response)) void handle(request, response);
  });
  const pairWatch = pair && watchPair(server as HttpsServer, pair, currentServing());
  server.keepAliveTimeout = config.KEEP_ALIVE_SECONDS * SECOND_MS;
  const connections = connectionsOf(server);
  const metricsServer = await serveOwnMetrics(config);
  if (metricsServer) say('app', `shows its metrics on port ${metricsServer.port}`);
  await listen(server, hostname, port);
  say('app', `answers at ${pair ? 'https' : 'http'}://${hostPort(reachable(hostname), portOf(server))}`);
  const metricsPort = metricsServer?.port ?? portOf(server);
  const forgetTarget = announceTarget(config, 'serving', metricsPort, pair && !metricsServer ? 'https' : 'http');
  await untilStopped(signal);
  forgetTarget();
  pairWatch?.stop();
  endStreams();
  await connections.close(CLOSE_LIMITS);
  await app.close();
  await metricsServer?.close();
  await closeServing();
  return EXIT.done;
}

/** Serves metrics on METRICS_PORT if it is set, so that the public port does not serve them. */
async function serveOwnMetrics({ BIND: host, METRICS_PORT: port }: Config): Promise<MetricsServer | null> {
  if (port === 0) return null;
  const { metrics, metricsText, ready } = currentServing();
  const shown = { metrics: () => metricsText(true), contentType: metrics.registry.contentType };
  return serveMetrics(shown, { host, port }, async () => {
    const answer = await ready();
    return answer.ready ? null : reasonsOf(answer);
  });
}

function listen(server: Server | HttpsServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (fault: NodeJS.ErrnoException) =>
      reject(
        fault.code === 'EADDRINUSE'
          ? new Refusal(EXIT.dependency_down, `Port ${port} on ${host} is in use; choose another with PORT`, fault)
          : fault,
      ),
    );
    server.listen(port, host, resolve);
  });
}

function portOf(server: Server | HttpsServer): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
