/**
 * From the configuration to where Spark runs and what it calls the lake.
 *
 * open.ts asks when `--engine spark` is given. HDFS has one name over WebHDFS, which our own code speaks, and another for Hadoop's
 * clients; unless HDFS_URL says it, the NameNode is asked, which publishes its configuration beside WebHDFS.
 */
import type { Config } from '../../core/process/config.ts';
import type { SparkSettings } from './submit.ts';
import { messageOf, Retryable } from '../../core/process/errors.ts';
import { sparkSubmit } from '../../core/process/spark-home.ts';

const ANSWER_LIMIT_MS = 10_000;

export function sparkSettings(config: Config): SparkSettings {
  return {
    submit: sparkSubmit(config),
    master: config.SPARK_MASTER,
    options: config.SPARK_SUBMIT_OPTIONS.split(/\s+/).filter(Boolean),
    driverMemoryMb: config.BATCH_MEMORY_MB,
    user: config.HADOOP_USER,
    lakeRoot: async () => `${config.HDFS_URL ?? (await askedOf(config.WEBHDFS_URL))}${config.SIGHTLINE_ROOT}`,
  };
}

async function askedOf(nameNode: string): Promise<string> {
  const url = `${nameNode}/conf?name=fs.defaultFS`;
  const text = await fetch(url, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) }).then(
    (answer) => answer.text(),
    (fault: unknown) => {
      throw new Retryable('HDFS', `the NameNode at ${nameNode} does not say what it is called: ${messageOf(fault)}`, fault);
    },
  );
  const found = /<name>fs\.defaultFS<\/name>\s*<value>([^<]+)<\/value>/.exec(text)?.[1];
  if (found === undefined) throw new Retryable('HDFS', `${url} names no fs.defaultFS; set HDFS_URL, e.g. hdfs://namenode:8020`);
  return found.replace(/\/$/, '');
}
