/** Strikes on a stack with two of each (`cluster up --ha`), and for how long nothing was counted after each. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Stores } from '../../core/stores/open.ts';
import { activeMaster, activeNameNode } from '../../hadoop-compose/cluster/beans.ts';
import type { DaemonName } from '../../hadoop-compose/cluster/daemons.ts';
import { daemonsOf } from '../../hadoop-compose/cluster/daemons-of.ts';
import type { PortName } from '../../hadoop-compose/stack/ports.ts';
import type { Stack } from '../../hadoop-compose/stack/stack.ts';
import { eventually } from '../support/main-job.ts';
import type { Scenario } from './scenarios.ts';
import { back, runningPid } from './scenarios.ts';

const WATCH_MS = 45_000;
const LOOK_EVERY_MS = 200;
const READY_LIMIT_MS = 300_000;

type Find = (stack: Stack) => Promise<DaemonName>;

const ownerOf = (stack: Stack, port: PortName): DaemonName =>
  daemonsOf(stack).find(({ ports }) => ports.includes(port))!.name;

export const theActiveNameNode: Find = async (stack) => ownerOf(stack, await activeNameNode(stack));
const theActiveMaster: Find = async (stack) => ownerOf(stack, await activeMaster(stack));
const always =
  (name: DaemonName): Find =>
  () =>
    Promise.resolve(name);

/** Kills it, and hands over its name; supervision starts it again. */
export async function kill(stack: Stack, find: Find): Promise<{ name: DaemonName; isBack(): Promise<void> }> {
  const name = await find(stack);
  const pid = runningPid(stack, name);
  process.kill(pid, 'SIGKILL');
  return { name, isBack: () => back(stack, name, pid) };
}

/** Until a second one of each could take over again. */
export async function allReady(stack: Stack): Promise<void> {
  for (const daemon of daemonsOf(stack))
    await eventually(
      `${daemon.name} is ready`,
      () => daemon.ready(stack),
      (missing) => missing === undefined,
      READY_LIMIT_MS,
    );
}

function failover(what: string, find: Find, tell: (text: string) => void): Scenario {
  return {
    name: `${what} killed`,
    publishSeconds: WATCH_MS / 1_000 + 15,
    async strike({ stack, stores }) {
      await allReady(stack);
      const killed = await kill(stack, find);
      const seconds = (await longestPauseMs(stores)) / 1_000;
      tell(`${what} (${killed.name}) killed: nothing was counted for ${seconds.toFixed(1)} s`);
      await killed.isBack();
    },
  };
}

/** The longest time in which the progress did not grow. */
async function longestPauseMs(stores: Stores): Promise<number> {
  // Not asked of Kafka: the broker that would answer may be the one that was struck.
  const partitions = stores.rules.firstOffsets.map((_, partition) => partition);
  const counted = async (): Promise<number> =>
    (await stores.control.progress(stores.rules.generation, partitions))
      .map((row) => row?.nextOffset ?? 0)
      .reduce((a, b) => a + b, 0);
  const began = Date.now();
  let [longest, grewAt, before] = [0, began, -1];
  while (Date.now() < began + WATCH_MS) {
    const now = await counted();
    if (now > before) {
      longest = Math.max(longest, Date.now() - grewAt);
      [grewAt, before] = [Date.now(), now];
    }
    await pause(LOOK_EVERY_MS);
  }
  return Math.max(longest, Date.now() - grewAt);
}

export function failovers(tell: (text: string) => void): readonly Scenario[] {
  return [
    failover('the active NameNode', theActiveNameNode, tell),
    failover('broker 1', always('kafka'), tell),
    failover('broker 2', always('kafka2'), tell),
    failover('broker 3', always('kafka3'), tell),
    failover('region server 1', always('regionserver'), tell),
    failover('region server 2', always('regionserver2'), tell),
    failover('the active master', theActiveMaster, tell),
  ];
}
