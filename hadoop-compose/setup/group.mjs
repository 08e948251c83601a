/**
 * A program that is run as one step of something longer, with all that it starts: `npm ci` of the set-up, a step of the
 * tests, a benchmark.
 *
 * It leads a process group of its own. So a Ctrl-C in the terminal reaches only the process that runs the steps; that
 * one ends the group and then cleans up, undisturbed by the Ctrl-C. When a step was told to stop, other processes of
 * its group get a minute to end in order.
 */
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';

const LEFT_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 100;

/** `ended` resolves with the exit code, or the signal's name; rejects if the program cannot be started. */
export function spawnGroup(program, args, options) {
  const child = spawn(program, args, { ...options, detached: true });
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  const send = (signal) => {
    try {
      return child.pid !== undefined && process.kill(-child.pid, signal);
    } catch {
      return false; // none of them is left
    }
  };
  return {
    child,
    ended,
    /** A signal to all of the group that are left; whether there were any. */
    send,
    /** Until none is left; `hurry` and the end of the patience kill. */
    async empty(hurry) {
      const deadlineMs = Date.now() + LEFT_LIMIT_MS;
      while (send(0)) {
        if (hurry?.aborted || Date.now() > deadlineMs) send('SIGKILL');
        await pause(LOOK_EVERY_MS);
      }
    },
  };
}
