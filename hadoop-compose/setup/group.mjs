/**
 * A program that is run as one step of something longer, with all that it starts: `npm ci` of the set-up, a step of the
 * tests, a benchmark.
 *
 * It leads a process group of its own. So Ctrl-C in a terminal reaches only who runs the steps, which then ends the
 * group and goes on to clean up; without that the terminal would strike the clean-up as well. When the step is over
 * because it was told to stop, whatever it leaves in its group gets a minute for its own orderly end.
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
