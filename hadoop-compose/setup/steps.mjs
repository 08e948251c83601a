/** The tools of the set-up: print what happens, run a program and show that it is alive, fail with a sentence. */
import { spawnSync } from 'node:child_process';
import { spawnGroup } from './group.mjs';

const ORDERS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
const startedMs = Date.now();
/** Long steps may run side by side. */
const running = new Set();
// A closed terminal takes no more lines, and must not end what still has to be ended in order.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

export function say(text) {
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1).padStart(5);
  process.stderr.write(`[${seconds} s] set-up       ${text}\n`);
}

/**
 * A fault that a person must correct. It ends the set-up without a stack trace, with exit code 5 if something is
 * missing, and 2 if it cannot work in this way.
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
 * The same for a program that takes minutes: every twenty seconds a line says that it still runs. A signal to stop ends
 * the program with everything that it has started, such as compilers, and then this process; `options.until` ends the
 * program alone. `options.order` is the signal for a program that ends what it has started by itself.
 */
export async function runLong(what, program, args, options = {}) {
  let group = null;
  let isStopped = false;
  const end = () => group?.send(options.order ?? 'SIGKILL');
  const stop = () => {
    isStopped = true;
    end();
  };
  // Before there is a group: an order that comes as it is being started would leave it behind.
  for (const order of ORDERS) process.on(order, stop);
  group = spawnGroup(program, args, { stdio: ['ignore', 2, 2], env: options.env ?? process.env, cwd: options.cwd });
  running.add(group);
  options.until?.addEventListener('abort', end);
  const beginMs = Date.now();
  const alive = setInterval(
    () => say(`${what}: still at it after ${Math.round((Date.now() - beginMs) / 1000)} s`),
    20_000,
  );
  try {
    const code = await group.ended;
    if (isStopped) {
      await Promise.all([...running].map((each) => each.empty()));
      process.exit(130);
    }
    if (code !== 0 && !options.tolerate)
      throw new Missing(`${what} failed: ${program} ${args.join(' ')} ended with ${code}`);
  } finally {
    running.delete(group);
    clearInterval(alive);
    options.until?.removeEventListener('abort', end);
    for (const order of ORDERS) process.off(order, stop);
  }
}
