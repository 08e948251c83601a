/**
 * The program of an executor that strikes at a step of a round: itself, the JVM that feeds it, or the supervisor of the
 * engine (on this machine its parent and its parent's parent).
 *
 * crash-engine.ts runs the engine with it. The file of SIGHTLINE_CRASH_PLAN says `<step> <who>`; the process removes it
 * and strikes, so a plan is carried out once. What is struck dies at once, with SIGKILL; a process that lives on ends
 * with its standard input. Until then it leaves plans alone: they are for the engine that was started next.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { runCommand } from '../../core/process/life.ts';
import { parentOf } from '../../core/process/process-table.ts';
import type { CrashPoint } from '../../speed-layer/round-ports.ts';
import { runExecutor } from '../../speed-layer/spark/executor.ts';

const jvm = process.ppid;
const supervisor = parentOf(jvm);

function reached(point: CrashPoint): void {
  const file = process.env.SIGHTLINE_CRASH_PLAN!;
  if (!existsSync(file)) return;
  const [wanted, who] = readFileSync(file, 'utf8').split(' ');
  if (wanted !== point || process.ppid !== jvm || parentOf(jvm) !== supervisor) return;
  const pid = { node: process.pid, executor: jvm, supervisor }[who!]!;
  rmSync(file);
  process.kill(pid, 'SIGKILL');
}

await runCommand(() => runExecutor({ input: process.stdin, output: process.stdout }, process.env, reached));
process.exit();
