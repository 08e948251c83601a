/**
 * Processes that a starter left behind when it was killed: the parts, the cameras, and the formatting of a store.
 *
 * Each carries a mark on its command line that names its starter, itself and its stack. When the starter is gone, the
 * system gives the process another parent; so a process whose parent is not the starter in its mark was left behind. No
 * file records this, so a crash cannot lose it. Such a process normally ends by itself. This code ends those that do
 * not, and the next start calls it before it starts its own.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { allProcesses, argsOf, parentOf, send } from '../../core/process/process-table.ts';
import type { Say } from '../../core/process/step-log.ts';
import type { Stack } from '../stack/stack.ts';

type Folder = Pick<Stack, 'folder'>;

export interface LeftBehind {
  readonly pid: number;
  readonly name: string;
}

const MARK = /^(?:--|-Dsightline\.)part-of=(\d+)\/([^@]+)@(.+)$/;
const GRACE_MS = 15_000;
const KILL_MS = 5_000;

/**
 * `<pid of the starter>/<name>@<folder of the stack>`: given as `--part-of=…` to a part, as `-Dsightline.part-of=…` to
 * a JVM.
 */
export function markOfPart({ folder }: Folder, name: string, starter = process.pid): string {
  return `${starter}/${name}@${folder}`;
}

/** Every part of this stack that runs, whoever started it. */
export function partsOf(stack: Folder): (LeftBehind & { readonly starter: number })[] {
  return allProcesses().flatMap(({ pid, args }) => {
    const mark = markIn(args, stack);
    return mark === undefined ? [] : [{ pid, ...mark }];
  });
}

/** Everything of this stack that its starter left behind. */
export function leftBehind(stack: Folder): LeftBehind[] {
  return partsOf(stack)
    .filter(({ pid, starter }) => parentOf(pid) !== starter)
    .map(({ pid, name }) => ({ pid, name }));
}

/** Ends what was left behind: SIGTERM, a bounded wait, SIGKILL. Returns how many there were. */
export async function endLeftBehind(stack: Folder, say: Say, hurry?: AbortSignal): Promise<number> {
  const left = leftBehind(stack);
  if (left.length === 0) return 0;
  say(
    'parts',
    `ending what a killed npm start left behind: ${left.map(({ name, pid }) => `${name} (process ${pid})`).join(', ')}`,
  );
  left.forEach(({ pid }) => send(pid, 'SIGTERM'));
  const still = await waitForEnd(stack, left, GRACE_MS, hurry);
  if (still.length === 0) return left.length;
  say('parts', `killing ${still.map(({ name }) => name).join(', ')}`);
  still.forEach(({ pid }) => send(pid, 'SIGKILL'));
  for (const { pid, name } of await waitForEnd(stack, still, KILL_MS))
    say('parts', `process ${pid} (${name}) cannot be killed`);
  return left.length;
}

async function waitForEnd(
  stack: Folder,
  left: readonly LeftBehind[],
  withinMs: number,
  hurry?: AbortSignal,
): Promise<LeftBehind[]> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    const still = left.filter(({ pid, name }) => markIn(argsOf(pid), stack)?.name === name);
    if (still.length === 0 || Date.now() > deadlineMs || hurry?.aborted) return still;
    await pause(100);
  }
}

function markIn(args: readonly string[], { folder }: Folder): { starter: number; name: string } | undefined {
  for (const arg of args) {
    const [, starter, name, of] = MARK.exec(arg) ?? [];
    if (of === folder) return { starter: Number(starter), name: name! };
  }
  return undefined;
}
