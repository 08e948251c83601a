/**
 * Makes the settings of Spark from the configuration: where it runs, and the URL of the lake for it.
 *
 * open.ts asks for them if the command has `--engine spark`. Our own code reaches HDFS by WebHDFS, Hadoop's clients by
 * another URL. If HDFS_URL does not name that, it comes from the configuration that the NameNode publishes beside
 * WebHDFS.
 */
import type { Config } from '../../../core/process/config.ts';
import type { SparkSettings } from '../../context.ts';
import { messageOf, Retryable } from '../../../core/process/errors.ts';
import { outwardFetch } from '../../../core/process/proxy.ts';
import { sparkSubmit } from '../../../core/process/spark-home.ts';

const ANSWER_LIMIT_MS = 10_000;

export async function sparkSettings(config: Config): Promise<SparkSettings> {
  const property = await readNameNodeProperties(config.WEBHDFS_URL);
  const fileSystem = config.HDFS_URL ?? property('fs.defaultFS')?.replace(/\/$/, '');
  if (fileSystem === undefined) {
    throw new Retryable(
      'HDFS',
      `the NameNode at ${config.WEBHDFS_URL} has no fs.defaultFS; set HDFS_URL, for example hdfs://namenode:8020`,
    );
  }
  return {
    submit: sparkSubmit(config),
    master: config.SPARK_MASTER,
    options: [
      ...hadoopOptions(config.HADOOP_CONF_DIR === undefined ? property('dfs.replication') : undefined),
      ...config.SPARK_SUBMIT_OPTIONS.split(/\s+/).filter(Boolean),
    ],
    driverMemoryMb: config.BATCH_MEMORY_MB,
    user: config.HADOOP_USER,
    lakeRoot: `${fileSystem}${config.SIGHTLINE_ROOT}`,
  };
}

/** A client chooses the replication of its blocks; without the cluster's configuration it would choose three. */
function hadoopOptions(replication: string | undefined): string[] {
  const bestEffort = ['--conf', 'spark.hadoop.dfs.client.block.write.replace-datanode-on-failure.best-effort=true'];
  return replication === undefined
    ? bestEffort
    : [...bestEffort, '--conf', `spark.hadoop.dfs.replication=${replication}`];
}

async function readNameNodeProperties(nameNode: string): Promise<(name: string) => string | undefined> {
  const text = await outwardFetch(`${nameNode}/conf`, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) }).then(
    (answer) => answer.text(),
    (fault: unknown) => {
      throw new Retryable(
        'HDFS',
        `the configuration of the NameNode could not be read from ${nameNode}/conf: ${messageOf(fault)}`,
        fault,
      );
    },
  );
  return (name) => new RegExp(`<name>${name.replaceAll('.', '\\.')}</name>\\s*<value>([^<]+)</value>`).exec(text)?.[1];
}
