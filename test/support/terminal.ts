/**
 * A terminal as a person has one: a shell in a pseudo-terminal, keys that are typed, a screen that is read, a window
 * that is closed.
 *
 * Only a real one sends Ctrl-C to every process of the foreground, so that a program that npm started is told by the
 * terminal and by npm, and only a real one goes away under a program that still writes to it. Node has no
 * pseudo-terminals; Python's come with it.
 */
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parentOf } from '../../core/process/process-table.ts';
import { pidsOfAll } from './process-table.ts';

const PROGRAM = fileURLToPath(new URL('terminal.py', import.meta.url));
const LOOK_EVERY_MS = 50;
const FIRST_PROMPT_MS = 20_000;

export interface Terminal {
  type(line: string): void;
  /** Ctrl-C: the byte that the key sends; the terminal makes SIGINT of it. */
  interrupt(): void;
  /** Closes the window; resolves when its shell has ended. */
  close(): Promise<void>;
  /**
   * Waits until the screen shows this in what came since the last match; throws with the end of the screen if it does
   * not.
   */
  shows(what: RegExp, limitMs: number): Promise<RegExpExecArray>;
  /** Waits until the shell asks for the next command; what the last one ended with. */
  prompt(limitMs: number): Promise<number>;
  /** All that the screen has shown. */
  screen(): string;
  /** Every process that was started from here and still has its parents, the shell left out. */
  processes(): number[];
}

/** Resolves when the shell asks for a command. */
export async function openTerminal(environment: NodeJS.ProcessEnv, folder: string): Promise<Terminal> {
  const child = spawn('python3', [PROGRAM], {
    cwd: folder,
    env: { ...environment, TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.write("PS1='[ended with $?] '\n");
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  let screen = '';
  let seen = 0;
  child.stdout.on('data', (chunk: Buffer) => void (screen += chunk.toString('utf8')));
  const shows = async (what: RegExp, limitMs: number): Promise<RegExpExecArray> => {
    const deadlineMs = Date.now() + limitMs;
    for (;;) {
      const found = what.exec(screen.slice(seen));
      if (found) {
        seen += found.index + found[0].length;
        return found;
      }
      if (Date.now() > deadlineMs)
        throw new Error(`The screen did not show ${what} within ${limitMs} ms; it ends with:\n${screen.slice(-3_000)}`);
      await pause(LOOK_EVERY_MS);
    }
  };
  const prompt = async (limitMs: number): Promise<number> => Number((await shows(/\[ended with (\d+)\] /, limitMs))[1]);
  await prompt(FIRST_PROMPT_MS);
  return {
    type: (line) => void child.stdin.write(`${line}\n`),
    interrupt: () => void child.stdin.write('\u0003'),
    async close() {
      child.stdin.end();
      await ended;
    },
    shows,
    prompt,
    screen: () => screen,
    processes() {
      const [shell] = childrenOf(child.pid!);
      return shell === undefined ? [] : descendantsOf(shell);
    },
  };
}

function childrenOf(parent: number): number[] {
  return pidsOfAll().filter((pid) => parentOf(pid) === parent);
}

function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}
