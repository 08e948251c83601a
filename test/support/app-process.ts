/** The real app as a process of its own: `sightline serve` on a free port, stopped by a signal as a person would. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './main-job.ts';

export interface AppProcess {
  readonly address: string;
  readonly pid: number;
  /** What it has written to standard error so far. */
  readonly said: () => string;
  /** Sends SIGTERM and waits for the exit code. */
  stop(): Promise<number>;
}

/** Resolves when it answers; it is built first if need be. `root`: of which program. */
export async function startApp(
  environment: Readonly<Record<string, string | undefined>>,
  root = ROOT,
): Promise<AppProcess> {
  const child = spawn(process.execPath, [join(root, 'sightline.mjs'), 'serve'], {
    cwd: root,
    env: { ...process.env, PORT: '0', LOG_LEVEL: 'warn', ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  const ended = new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
  const address = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      const found = /answers at (https?:\S+)/.exec(text);
      if (found) resolve(found[1]!);
    });
    void ended.then((code) => reject(new Error(`the app ended with ${code}:\n${text}`)));
  });
  return {
    address,
    pid: child.pid!,
    said: () => text,
    async stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
