/**
 * The driver of the query as a child process: spark-submit of java/sightline/speed/Job.java, which takes orders on its
 * standard input and says on its standard output what became of them.
 *
 * supervisor.ts starts it and starts it again. Spark and the processes that decide log to standard error, which becomes
 * ours. The driver ends with its input, so it never outlives its supervisor; what hangs is killed with its group.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { messageOf } from '../../core/process/errors.ts';
import { killGroup } from '../../core/process/group.ts';
import type { StartOrder, SubmitPlan } from './plan.ts';

const Event = z.discriminatedUnion('event', [
  z.object({ event: z.literal('ready'), application: z.string() }),
  z.object({ event: z.literal('started'), run: z.number().int() }),
  z.object({ event: z.literal('ended'), run: z.number().int(), fault: z.string().optional() }),
]);

export interface SparkJob {
  /** What the driver is doing; `fault` of a run or of the driver, if it ended with one. */
  state(): JobState;
  start(order: StartOrder): void;
  /** Ends the run; `state` says when it has ended. */
  stop(): void;
  /** Ends the driver, after the rounds in flight. */
  close(): Promise<void>;
}

export type JobState =
  | { readonly is: 'starting' }
  | { readonly is: 'idle'; readonly fault: string | null }
  | { readonly is: 'running'; readonly since: number }
  | { readonly is: 'gone'; readonly fault: string };

const CLOSE_LIMIT_MS = 9_000;
const SHOWN_LINES = 12;

export function startJob({ program, args, environment }: SubmitPlan, log: (text: string) => void): SparkJob {
  const child = spawn(program, args, { env: environment, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const tail: string[] = [];
  let state: JobState = { is: 'starting' };
  let asked = 0;
  createInterface({ input: child.stderr }).on('line', (line) => {
    log(line);
    tail.push(line);
    if (tail.length > SHOWN_LINES) tail.shift();
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{')) return log(line);
    const event = Event.parse(JSON.parse(line));
    if (event.event === 'ready') {
      log(`the application is ${event.application}`);
      state = { is: 'idle', fault: null };
    } else if (event.run !== asked) return;
    else if (event.event === 'started') state = { is: 'running', since: Date.now() };
    else state = { is: 'idle', fault: event.fault ?? null };
  });
  const end = (how: string): void => {
    state = { is: 'gone', fault: `spark-submit ended with ${how}; its last lines are:\n${tail.join('\n')}` };
  };
  // Its last orders may come too late.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    child.on('error', (fault) => {
      end(messageOf(fault));
      resolve();
    });
    child.on('close', (code, killedBy) => {
      end(String(code ?? killedBy));
      resolve();
    });
  });
  return {
    state: () => state,
    start(order) {
      asked = order.run;
      state = { is: 'starting' };
      child.stdin.write(`${JSON.stringify(order)}\n`);
    },
    stop: () => void child.stdin.write(`${JSON.stringify({ order: 'stop' })}\n`),
    async close() {
      child.stdin.end();
      const late = setTimeout(() => killGroup(child), CLOSE_LIMIT_MS);
      await ended;
      clearTimeout(late);
    },
  };
}
