/** Commands of the batch layer as processes of their own: how long each took, and how much memory. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Config } from '../../core/process/config.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { listRuns, readRun } from '../../core/stores/lake/runs.ts';

const LOOK_EVERY_MS = 50;

interface World {
  readonly environment: NodeJS.ProcessEnv;
  readonly config: Config;
}

export interface CommandResult {
  readonly code: number | null;
  readonly seconds: number;
  /** The greatest resident memory that the kernel showed while the process ran. */
  readonly peakMb: number;
  readonly stdout: string;
}

/** What the steps of all published epochs took together. */
export async function stepsOf(world: World): Promise<string> {
  const store = hdfs(world.config);
  const sums = new Map<string, number>();
  for (const name of await listRuns(store)) {
    for (const { step, took_ms } of (await readRun(store, name))!.steps)
      sums.set(step, (sums.get(step) ?? 0) + took_ms);
  }
  return [...sums].map(([step, ms]) => `${step} ${(ms / 1_000).toFixed(1)} s`).join(', ');
}

export function runSightline(world: World, args: readonly string[]): Promise<CommandResult> {
  return new Promise((resolve) => {
    const began = performance.now();
    const child = spawn(process.execPath, ['sightline.mjs', ...args], {
      env: world.environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let peakMb = 0;
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString('utf8')));
    const look = setInterval(() => (peakMb = Math.max(peakMb, peakMbOf(child.pid!))), LOOK_EVERY_MS);
    child.on('close', (code) => {
      clearInterval(look);
      resolve({ code, seconds: (performance.now() - began) / 1_000, peakMb, stdout });
    });
  });
}

function peakMbOf(pid: number): number {
  try {
    return Math.round(
      Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024,
    );
  } catch {
    return 0;
  }
}
