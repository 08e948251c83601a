/**
 * From the configuration to where Spark runs and what it calls the lake.
 *
 * open.ts asks when `--engine spark` is given. HDFS has one name over WebHDFS, which our own code speaks, and another
 * for Hadoop's clients; unless HDFS_URL says it, the NameNode is asked, which publishes its configuration beside
 * WebHDFS.
 */
import type { Config } from '../../../core/process/config.ts';
import type { SparkSettings } from '../../context.ts';
import { messageOf, Retryable } from '../../../core/process/errors.ts';
import { outwardFetch } from '../../../core/process/proxy.ts';
import { sparkSubmit } from '../../../core/process/spark-home.ts';

const ANSWER_LIMIT_MS = 10_000;

export async function sparkSettings(config: Config): Promise<SparkSettings> {
  const said = await saidByNameNode(config.WEBHDFS_URL);
  const fileSystem = config.HDFS_URL ?? said('fs.defaultFS')?.replace(/\/$/, '');
  if (fileSystem === undefined) {
    throw new Retryable(
      'HDFS',
      `the NameNode at ${config.WEBHDFS_URL} names no fs.defaultFS; set HDFS_URL, e.g. hdfs://namenode:8020`,
    );
  }
  return {
    submit: sparkSubmit(config),
    master: config.SPARK_MASTER,
    options: [
      ...hadoopOptions(config.HADOOP_CONF_DIR === undefined ? said('dfs.replication') : undefined),
      ...config.SPARK_SUBMIT_OPTIONS.split(/\s+/).filter(Boolean),
    ],
    driverMemoryMb: config.BATCH_MEMORY_MB,
    user: config.HADOOP_USER,
    lakeRoot: `${fileSystem}${config.SIGHTLINE_ROOT}`,
  };
}

/** A client decides how often its blocks are kept, and without the cluster's configuration it would decide on three. */
function hadoopOptions(replication: string | undefined): string[] {
  const bestEffort = ['--conf', 'spark.hadoop.dfs.client.block.write.replace-datanode-on-failure.best-effort=true'];
  return replication === undefined
    ? bestEffort
    : [...bestEffort, '--conf', `spark.hadoop.dfs.replication=${replication}`];
}

async function saidByNameNode(nameNode: string): Promise<(name: string) => string | undefined> {
  const text = await outwardFetch(`${nameNode}/conf`, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) }).then(
    (answer) => answer.text(),
    (fault: unknown) => {
      throw new Retryable(
        'HDFS',
        `the NameNode at ${nameNode} does not say how it is configured: ${messageOf(fault)}`,
        fault,
      );
    },
  );
  return (name) => new RegExp(`<name>${name.replaceAll('.', '\\.')}</name>\\s*<value>([^<]+)</value>`).exec(text)?.[1];
}
