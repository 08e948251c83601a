/** The small tools of the set-up: say what happens, run a program and show that it is alive, fail with words. */
import { spawnSync } from 'node:child_process';
import { spawnGroup } from './group.mjs';

const ORDERS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
const startedMs = Date.now();
// A closed terminal takes no more lines, and must not end what still has to be ended in order.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

export function say(text) {
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1).padStart(5);
  process.stderr.write(`[${seconds} s] set-up       ${text}\n`);
}

/**
 * Something that a person has to mend; ends the set-up with its exit code (5: something is missing, 2: it cannot work
 * so) and no stack trace.
 */
export class Missing extends Error {
  constructor(message, exitCode = 5) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Runs a program to its end; `quiet` shows only what it says on standard error. Throws Missing if it fails, unless
 * `tolerate`.
 */
export function run(program, args, options = {}) {
  const stdio = ['ignore', options.quiet ? 'ignore' : 2, 2];
  const { status, error } = spawnSync(program, args, { stdio, env: options.env ?? process.env, cwd: options.cwd });
  if (status !== 0 && !options.tolerate)
    throw new Missing(`${program} ${args.join(' ')} failed (${error?.message ?? `exit ${status}`})`);
}

/**
 * The same for what takes minutes: every twenty seconds a line says that it still runs. Told to stop, it ends the
 * program with all that this has started, such as compilers, and then the process.
 */
export async function runLong(what, program, args, options = {}) {
  let group = null;
  let isStopped = false;
  const stop = () => {
    isStopped = true;
    group?.send('SIGKILL');
  };
  // Before there is a group: an order that comes as it is being started would leave it behind.
  for (const order of ORDERS) process.on(order, stop);
  group = spawnGroup(program, args, { stdio: ['ignore', 2, 2], env: options.env ?? process.env, cwd: options.cwd });
  const beginMs = Date.now();
  const alive = setInterval(
    () => say(`${what}: still at it after ${Math.round((Date.now() - beginMs) / 1000)} s`),
    20_000,
  );
  try {
    const code = await group.ended;
    if (isStopped) {
      await group.empty();
      process.exit(130);
    }
    if (code !== 0) throw new Missing(`${what} failed: ${program} ${args.join(' ')} ended with ${code}`);
  } finally {
    clearInterval(alive);
    for (const order of ORDERS) process.off(order, stop);
  }
}
