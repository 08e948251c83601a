/** The small tools of the set-up: say what happens, run a program and show that it is alive, fail with words. */
import { spawn, spawnSync } from 'node:child_process';

const startedMs = Date.now();

export function say(text) {
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1).padStart(5);
  process.stderr.write(`[${seconds} s] set-up       ${text}\n`);
}

/** Something that a person has to mend; ends the set-up with its exit code (5: something is missing, 2: it cannot work so) and no stack trace. */
export class Missing extends Error {
  constructor(message, exitCode = 5) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs a program to its end; `quiet` shows only what it says on standard error. Throws Missing if it fails, unless `tolerate`. */
export function run(program, args, options = {}) {
  const stdio = ['ignore', options.quiet ? 'ignore' : 2, 2];
  const { status, error } = spawnSync(program, args, { stdio, env: options.env ?? process.env });
  if (status !== 0 && !options.tolerate) throw new Missing(`${program} ${args.join(' ')} failed (${error?.message ?? `exit ${status}`})`);
}

/** The same for what takes minutes: every twenty seconds a line says that it still runs. */
export async function runLong(what, program, args, options = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 2, 2], env: options.env ?? process.env, cwd: options.cwd });
  const beginMs = Date.now();
  const alive = setInterval(() => say(`${what}: still at it after ${Math.round((Date.now() - beginMs) / 1000)} s`), 20_000);
  try {
    const code = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (status, signal) => resolve(status ?? `signal ${signal}`));
    });
    if (code !== 0) throw new Missing(`${what} failed: ${program} ${args.join(' ')} ended with ${code}`);
  } finally {
    clearInterval(alive);
  }
}
