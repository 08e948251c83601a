/**
 * Runs the Spark job of the analysis: the same spark-submit and masters as `batch run --engine spark`.
 *
 * analyse.ts calls it with a plan. Spark's log is in the work folder while the analysis runs; its last lines are in the
 * error message.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../core/process/config.ts';
import type { SparkSettings } from '../../core/stores/spark/settings.ts';
import { submit } from '../../core/stores/spark/submit.ts';
import type { AnalysisContext } from './analyse.ts';
import { analysisJar } from './jar.ts';

const JOB = fileURLToPath(new URL('job.py', import.meta.url));
/** File names and rows of facts are small, whatever the frames weigh. */
const SHUFFLES = 4;

export function sparkRunner(config: Config, settings: SparkSettings): AnalysisContext['runSpark'] {
  return async (plan, folder, signal) => {
    const planFile = join(folder, 'plan.json');
    await writeFile(planFile, JSON.stringify(plan));
    const job = { program: JOB, plan: planFile, logFile: join(folder, 'spark.log'), shuffles: SHUFFLES };
    await submit(settings, { ...job, jars: [await analysisJar(config)] }, signal);
  };
}
