/**
 * A long step of the set-up that is told to stop takes all that it started with it, also where only one process got the
 * signal.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { argsOf, allProcesses } from '../../../../core/process/process-table.ts';

const STEPS = fileURLToPath(new URL('../../../../hadoop-compose/setup/steps.mjs', import.meta.url));

describe('a long step of the set-up', () => {
  /**
   * A shell that waits for a helper of its own, as make waits for a compiler, beside one that needs time to end; the
   * length of their wait tells them from all others.
   */
  async function stopped(signal: NodeJS.Signals): Promise<{ code: unknown; left: string[] }> {
    const length = `9${process.pid}.${signal.length}`;
    const source = `
      import { runLong } from '${STEPS}';
      const slow = 'trap "sleep 2; exit 1" TERM; sleep ${length} & wait';
      const beside = runLong('beside', 'sh', ['-c', slow], { order: 'SIGTERM', tolerate: true });
      await Promise.all([beside, runLong('long', 'sh', ['-c', 'sleep ${length} & sleep 0.2; echo up >&2; wait'])]);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = new Promise<unknown>((resolve) => child.on('exit', (code, by) => resolve(code ?? by)));
    await new Promise((resolve) => child.stderr.once('data', resolve));
    child.kill(signal);
    const code = await ended;
    child.stderr.destroy(); // what is left behind would hold it, and this process with it
    return {
      code,
      left: allProcesses()
        .filter(({ args }) => args.some((arg) => arg.includes(length)))
        .map(({ pid }) => argsOf(pid).join(' ')),
    };
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`leaves nothing behind when it gets ${signal}`, { timeout: 60_000 }, async () => {
      assert.deepEqual(await stopped(signal), { code: 130, left: [] });
    });
  }
});
