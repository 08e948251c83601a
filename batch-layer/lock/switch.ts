/**
 * The switch to a rebuilt generation: first the rules in HBase, then the folder of the lake in HDFS (law L9).
 *
 * It begins with a file that says which generation follows which. After that the switch is finished even if a process
 * dies, because lake-lock.ts calls `finishSwitch` whenever it has taken the lock. The rules move by check-and-put, and
 * all answers follow the rules. Two renames move the old lake away and give its name to the new one, so that readers of
 * files keep their paths.
 */
import type { BatchContext } from '../context.ts';
import type { RecordedRules } from '../../core/stores/control/rules-rows.ts';
import { generationFolder, LAKE, SWITCH_FILE } from '../../core/layout/lake.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';

interface Switch {
  readonly from: RecordedRules;
  readonly to: RecordedRules;
}

type Context = Pick<BatchContext, 'hdfs' | 'control' | 'mayCrashAt'>;

/** The caller holds the lock of the lake, and the new generation is complete. */
export async function switchTo(context: Context, from: RecordedRules, to: RecordedRules): Promise<void> {
  await context.hdfs.write(SWITCH_FILE, Buffer.from(JSON.stringify({ from, to } satisfies Switch)));
  await context.mayCrashAt('switch_declared');
  await finishSwitch(context);
}

/** Finishes a switch that has begun and returns the new generation; returns null if none has begun. */
export async function finishSwitch({ hdfs, control, mayCrashAt }: Context): Promise<number | null> {
  if (!(await hdfs.facts(SWITCH_FILE))) return null;
  const { from, to } = JSON.parse((await hdfs.read(SWITCH_FILE)).toString('utf8')) as Switch;
  if (!(await control.switchRules(from, to)) && (await control.rules())?.generation !== to.generation) {
    throw new Refusal(
      EXIT.data_check_failed,
      `${SWITCH_FILE} says that generation ${to.generation} follows ${from.generation}, but the recorded ` +
        'rules name neither of them. Find out who changed the recorded rules, then remove the file.',
    );
  }
  await mayCrashAt('rules_switched');
  const [retired, rebuilt] = [from, to].map(({ generation }) => `${generationFolder(generation)}/${LAKE}`) as [
    string,
    string,
  ];
  if ((await hdfs.facts(rebuilt)) !== null) {
    if ((await hdfs.facts(retired)) === null) await renameOrRefuse(hdfs, LAKE, retired);
    await mayCrashAt('lake_retired');
    await renameOrRefuse(hdfs, rebuilt, LAKE);
  }
  await mayCrashAt('lake_switched');
  await hdfs.remove(SWITCH_FILE);
  return to.generation;
}

async function renameOrRefuse(hdfs: BatchContext['hdfs'], from: string, to: string): Promise<void> {
  if (await hdfs.rename(from, to)) return;
  throw new Refusal(
    EXIT.data_check_failed,
    `${from} could not be renamed to ${to}, because ${to} exists. Move it away, then run again.`,
  );
}
