/**
 * What the daemons of Hadoop and HBase say of themselves over HTTP: JMX beans, and who of two is the active one.
 *
 * Everything throws while a daemon does not answer, or does not know yet; probes.ts asks again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { PortName } from '../stack/ports.ts';
import type { Stack } from '../stack/stack.ts';
import { askWeb } from './web.ts';

export type Bean = Readonly<Record<string, unknown>>;

export const MASTER = 'Hadoop:service=HBase,name=Master,sub=Server';
const NAME_NODE = 'Hadoop:service=NameNode,name=NameNodeStatus';
export const ANSWER_TIMEOUT_MS = 3_000;
const MOST_LOOKS = 6;
const LOOK_AGAIN_MS = 250;

class MissingBean extends Error {}

export const numberOf = (bean: Bean, name: string): number => Number(bean[name] ?? 0);

/** One JMX bean; throws if it is not there (yet). */
export async function bean(stack: Stack, port: number, name: string): Promise<Bean> {
  const { beans } = (await ask(stack, port, `/jmx?qry=${encodeURIComponent(name)}`)) as { beans?: Bean[] };
  const found = beans?.[0];
  if (!found) throw new MissingBean(`no ${name} on port ${port} yet`);
  return found;
}

/** HBase takes its beans away for half a second each time after it has opened or closed regions (JmxCacheBuster). */
export async function hbaseBean(stack: Stack, port: number, name: string): Promise<Bean> {
  for (let looks = 1; ; looks++) {
    try {
      return await bean(stack, port, name);
    } catch (fault) {
      if (!(fault instanceof MissingBean) || looks === MOST_LOOKS) throw fault;
      await pause(LOOK_AGAIN_MS);
    }
  }
}

export async function ask(stack: Stack, port: number, path: string): Promise<unknown> {
  const { status, text } = await askWeb(stack, { port, path, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  if (status !== 200) throw new Error(`${path.split('?')[0]} on port ${port} answered ${status}`);
  return JSON.parse(text);
}

/** Which NameNode answers questions about files: the only one, or that of two which is active. */
export function activeNameNode(stack: Stack): Promise<PortName> {
  if (!stack.isHa) return Promise.resolve('namenodeHttp');
  return firstOf(['namenodeHttp', 'namenode2Http'], 'no NameNode is active yet', async (port) => {
    const { State } = await bean(stack, stack.ports[port], NAME_NODE);
    return State === 'active';
  });
}

/** Which master the region servers have: the only one, or that of two which is active. */
export function activeMaster(stack: Stack): Promise<PortName> {
  if (!stack.isHa) return Promise.resolve('masterInfo');
  return firstOf(['masterInfo', 'master2Info'], 'no master is active yet', async (port) =>
    isActive(await hbaseBean(stack, stack.ports[port], MASTER)),
  );
}

export const isActive = (master: Bean): boolean => master['tag.isActiveMaster'] === 'true';

/** One that does not answer is not it. */
async function firstOf(
  ports: readonly PortName[],
  none: string,
  isIt: (port: PortName) => Promise<boolean>,
): Promise<PortName> {
  for (const port of ports) if (await isIt(port).catch(() => false)) return port;
  throw new Error(none);
}
