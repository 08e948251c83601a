/**
 * Notes the resident memory of a stack's daemons and of the processes of its main job, by name, as time goes by.
 *
 * A process that ended and came again under its name goes on with the name's line: a worker that is started anew must
 * not hide growth for long. Short-lived ones (a batch run) are one name; of several at a time the largest counts.
 */
import { daemonNames } from '../../hadoop-compose/cluster/daemons.ts';
import { pidOf } from '../../hadoop-compose/cluster/processes.ts';
import type { Stack } from '../../hadoop-compose/stack/stack.ts';
import { median } from '../../bench/support/table.ts';
import { pidsOfAll, residentMegabytes } from '../support/process-table.ts';
import { argsOf, parentOf } from '../../core/process/process-table.ts';

export interface MemoryWatch {
  end(): void;
  /** Median megabytes of each quarter, and the most, for each name. */
  table(): string;
  /**
   * Names whose median of the last quarter is above that of the second by more than so many megabytes and a tenth, and
   * that went on growing in it: a heap that was made larger once, within its limit, is no leak.
   */
  grownBy(megabytes: number): string[];
}

const EVERY_MS = 10_000;

export function watchMemory(stack: Stack, mainJob: number): MemoryWatch {
  const seen = new Map<string, { atMs: number; megabytes: number }[]>();
  const beganMs = Date.now();
  let endedMs = beganMs;
  const look = (): void => {
    endedMs = Date.now();
    for (const [name, megabytes] of largestByName([...daemonsOf(stack), ...partsOf(mainJob)])) {
      const line = seen.get(name);
      if (line) line.push({ atMs: endedMs, megabytes });
      else seen.set(name, [{ atMs: endedMs, megabytes }]);
    }
  };
  const timer = setInterval(look, EVERY_MS);
  const quarters = (name: string): number[] =>
    [0, 1, 2, 3].map((quarter) => {
      const lengthMs = (endedMs - beganMs) / 4;
      const within = seen
        .get(name)!
        .filter(({ atMs }) => Math.min(3, Math.floor((atMs - beganMs) / lengthMs)) === quarter);
      return median(within.map(({ megabytes }) => megabytes));
    });
  return {
    end() {
      clearInterval(timer);
      look();
    },
    table() {
      const lines = [...seen.keys()].map((name) => {
        const most = Math.max(...seen.get(name)!.map(({ megabytes }) => megabytes));
        return [name.padEnd(14), ...[...quarters(name), most].map((each) => each.toFixed(0).padStart(7))].join('');
      });
      return ['MB              1st    2nd    3rd    4th    most', ...lines].join('\n');
    },
    grownBy(megabytes) {
      return [...seen.keys()].flatMap((name) => {
        const [, second = NaN, third = NaN, fourth = NaN] = quarters(name);
        const hasGrown = fourth > second * 1.1 + megabytes && fourth > third * 1.05;
        return hasGrown
          ? [`${name}: ${second.toFixed(0)} MB, then ${third.toFixed(0)} MB, then ${fourth.toFixed(0)} MB`]
          : [];
      });
    },
  };
}

function largestByName(all: readonly [name: string, megabytes: number][]): Map<string, number> {
  const largest = new Map<string, number>();
  for (const [name, megabytes] of all) largest.set(name, Math.max(megabytes, largest.get(name) ?? 0));
  return largest;
}

function daemonsOf(stack: Stack): [string, number][] {
  return daemonNames.flatMap((name) => {
    const pid = pidOf(stack, name);
    return pid === undefined ? [] : named(name, pid);
  });
}

/** The main job itself, and every process that comes of it: each by what it runs of the command line. */
function partsOf(mainJob: number): [string, number][] {
  const parents = new Map(pidsOfAll().map((pid) => [pid, parentOf(pid)]));
  const isOfJob = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === mainJob || isOfJob(parents.get(pid)));
  return [...parents.keys()].filter(isOfJob).flatMap((pid) => {
    const command = commandOf(pid);
    return command === undefined ? [] : named(command, pid);
  });
}

/** Nothing for programs of others: daemons have names of their own. */
function commandOf(pid: number): string | undefined {
  const args = argsOf(pid);
  const program = args.findIndex((arg) => arg.endsWith('sightline.mjs'));
  return program < 0 ? undefined : args.slice(program + 1, program + 3).join(' ');
}

function named(name: string, pid: number): [string, number][] {
  const megabytes = residentMegabytes(pid);
  return Number.isNaN(megabytes) ? [] : [[name, megabytes]];
}
