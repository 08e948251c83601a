/**
 * The switch to a rebuilt generation: rules in HBase, then the lake's folder in HDFS (law L9).
 *
 * It begins by a file that says which generation follows which, and from then on it is finished, whatever dies:
 * everyone who takes the lock of the lake comes here first. Rules move by check-and-put, and with them what every
 * answer is made of; the old lake is put aside whole and the new one takes its name, two renames within an instant, so
 * that readers of files keep their paths.
 */
import type { BatchContext } from '../context.ts';
import type { RecordedRules } from '../../core/stores/control/rules-rows.ts';
import { generationFolder, LAKE, SWITCH_FILE } from '../../core/layout/lake.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';

interface Switch {
  readonly from: RecordedRules;
  readonly to: RecordedRules;
}

type Context = Pick<BatchContext, 'hdfs' | 'control' | 'reached'>;

/** With the lock of the lake held, when everything of the new generation is there. */
export async function switchTo(context: Context, from: RecordedRules, to: RecordedRules): Promise<void> {
  await context.hdfs.write(SWITCH_FILE, Buffer.from(JSON.stringify({ from, to } satisfies Switch)));
  await context.reached('switch_declared');
  await finishSwitch(context);
}

/** Finishes a switch that was begun; returns the generation that holds then, null if none was begun. */
export async function finishSwitch({ hdfs, control, reached }: Context): Promise<number | null> {
  if (!(await hdfs.facts(SWITCH_FILE))) return null;
  const { from, to } = JSON.parse((await hdfs.read(SWITCH_FILE)).toString('utf8')) as Switch;
  if (!(await control.switchRules(from, to)) && (await control.rules())?.generation !== to.generation) {
    throw new Refusal(
      EXIT.data_check_failed,
      `${SWITCH_FILE} says that generation ${to.generation} follows ${from.generation}, and neither is recorded: find out who changed ` +
        'the rules, and remove the file.',
    );
  }
  await reached('rules_switched');
  const [retired, rebuilt] = [from, to].map(({ generation }) => `${generationFolder(generation)}/${LAKE}`) as [
    string,
    string,
  ];
  if ((await hdfs.facts(rebuilt)) !== null) {
    if ((await hdfs.facts(retired)) === null) await mustRename(hdfs, LAKE, retired);
    await reached('lake_retired');
    await mustRename(hdfs, rebuilt, LAKE);
  }
  await reached('lake_switched');
  await hdfs.remove(SWITCH_FILE);
  return to.generation;
}

async function mustRename(hdfs: BatchContext['hdfs'], from: string, to: string): Promise<void> {
  if (await hdfs.rename(from, to)) return;
  throw new Refusal(
    EXIT.data_check_failed,
    `${from} could not take the place of ${to}: move away what is there, then run again`,
  );
}
