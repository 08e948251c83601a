/**
 * Makes the settings of Spark from the configuration: where it runs, and the URL of the lake for it.
 *
 * open.ts asks for them if the command has `--engine spark`. Our own code reaches HDFS by WebHDFS, Hadoop's clients by
 * another URL: HDFS_URL, or what the NameNode publishes (name-node.ts).
 */
import type { Config } from '../../../core/process/config.ts';
import type { SparkSettings } from '../../context.ts';
import { sparkSubmit } from '../../../core/process/spark-home.ts';
import { fileSystemOf } from '../../../core/stores/hdfs/name-node.ts';

export async function sparkSettings(config: Config): Promise<SparkSettings> {
  const fileSystem = await fileSystemOf(config);
  return {
    submit: sparkSubmit(config),
    master: config.SPARK_MASTER,
    options: [
      ...hadoopOptions(config.HADOOP_CONF_DIR === undefined ? fileSystem.replication : undefined),
      ...config.SPARK_SUBMIT_OPTIONS.split(/\s+/).filter(Boolean),
    ],
    driverMemoryMb: config.BATCH_MEMORY_MB,
    user: config.HADOOP_USER,
    lakeRoot: `${fileSystem.url}${config.SIGHTLINE_ROOT}`,
  };
}

/** A client chooses the replication of its blocks; without the cluster's configuration it would choose three. */
function hadoopOptions(replication: string | undefined): string[] {
  const bestEffort = ['--conf', 'spark.hadoop.dfs.client.block.write.replace-datanode-on-failure.best-effort=true'];
  return replication === undefined
    ? bestEffort
    : [...bestEffort, '--conf', `spark.hadoop.dfs.replication=${replication}`];
}
