/**
 * Checks whether the API can answer: HBase answers, the recorded rules fit the configuration, Kafka answers with the
 * ends of the log. The result also names held partitions.
 */
import type { ReadyAnswer } from '../answers.ts';
import type { ServingContext } from './context.ts';
import { messageOf } from '../../core/process/errors.ts';
import { holdText } from '../../core/process/hold-text.ts';

type Check = ReadyAnswer['checks'][number];

export async function checkReadiness(open: () => Promise<ServingContext>): Promise<ReadyAnswer> {
  const checks = await checksOf(open);
  return { ready: checks.every(({ ok }) => ok), checks };
}

async function checksOf(open: () => Promise<ServingContext>): Promise<Check[]> {
  let context: ServingContext;
  try {
    context = await open();
  } catch (fault) {
    return [{ name: 'stores', ok: false, detail: messageOf(fault) }];
  }
  const { generation } = context.stores.rules;
  return [
    { name: 'rules', ok: true, detail: `generation ${generation}` },
    await check(context.stores.store.name, () => context.stores.store.ping()),
    await check('log', async () => {
      const { ends } = await context.snapshots.current();
      const fault = context.snapshots.logFault();
      if (fault) throw fault;
      if (!ends) throw new Error('Kafka has not yet answered with the ends of the log');
    }),
    await checkPartitions(context),
  ];
}

/** A held partition is reported, but it does not make serving unready: answers stay correct. */
async function checkPartitions({ snapshots, heldPartitions, aheadMs }: ServingContext): Promise<Check> {
  const name = 'partitions';
  try {
    const texts = (await heldPartitions(await snapshots.current())).map((each) => holdText(each, aheadMs));
    return { name, ok: true, detail: texts.length === 0 ? 'no partition is held' : texts.join('\n') };
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
