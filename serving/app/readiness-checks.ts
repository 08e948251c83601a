/**
 * Whether the API can answer: HBase answers, the rules are recorded and agree, the ends of the log are known. It also
 * says which partitions are held.
 */
import type { ReadyAnswer } from '../answers.ts';
import type { Opened } from './context.ts';
import { messageOf } from '../../core/process/errors.ts';
import { holdText } from '../../core/process/hold-text.ts';

type Check = ReadyAnswer['checks'][number];

export async function ready(open: () => Promise<Opened>): Promise<ReadyAnswer> {
  const checks = await checksOf(open);
  return { ready: checks.every(({ ok }) => ok), checks };
}

async function checksOf(open: () => Promise<Opened>): Promise<Check[]> {
  let opened: Opened;
  try {
    opened = await open();
  } catch (fault) {
    return [{ name: 'stores', ok: false, detail: messageOf(fault) }];
  }
  const { generation } = opened.stores.rules;
  return [
    { name: 'rules', ok: true, detail: `generation ${generation}` },
    await check('HBase', () => opened.stores.hbase.ping()),
    await check('log', async () => {
      const { ends } = await opened.snapshots.current();
      const fault = opened.snapshots.logFault();
      if (fault) throw fault;
      if (!ends) throw new Error('Kafka has not told the ends of the log yet');
    }),
    await partitions(opened),
  ];
}

/** What is held is not counted yet, and said here; answers stand all the same. */
async function partitions({ snapshots, held, aheadMs }: Opened): Promise<Check> {
  const name = 'partitions';
  try {
    const texts = (await held(await snapshots.current())).map((each) => holdText(each, aheadMs));
    return { name, ok: true, detail: texts.length === 0 ? 'none is held' : texts.join('\n') };
  } catch (fault) {
    return { name, ok: false, detail: messageOf(fault) };
  }
}

async function check(name: string, ask: () => Promise<void>): Promise<Check> {
  try {
    await ask();
    return { name, ok: true, detail: 'answers' };
  } catch (fault) {
    return { name, ok: false, detail: messageOf(fault) };
  }
}
