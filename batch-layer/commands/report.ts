/** `sightline batch report`: the report of a published epoch, as text or as JSON. It needs HDFS and nothing else. */
import { readConfig } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { visibleJson, visibleLines } from '../../core/process/visible.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { listRuns, readRun } from '../../core/stores/lake/runs.ts';
import { reportText } from '../report/report-text.ts';

export interface ReportCommandOptions {
  readonly epoch?: string;
  readonly json?: boolean;
}

const EPOCH_NAME = /^\d{4}-\d{2}-\d{2}(T\d{4}(\d{2})?)?$/;

export async function runReport({ epoch, json }: ReportCommandOptions): Promise<number> {
  if (epoch !== undefined && !EPOCH_NAME.test(epoch)) {
    throw new Refusal(EXIT.usage, `"${epoch}" is no name of an epoch; names look like 2026-11-22 or 2026-11-22T1410`);
  }
  const files = hdfs(readConfig());
  const name = epoch ?? (await listRuns(files))[0];
  if (name === undefined) throw new Refusal(EXIT.nothing_to_do, 'No epoch is published yet');
  const report = await readRun(files, name);
  if (!report) throw new Refusal(EXIT.nothing_to_do, `Epoch ${name} is not published`);
  process.stdout.write(json === true ? `${visibleJson(report, 1)}\n` : visibleLines(reportText(report)));
  return EXIT.done;
}
