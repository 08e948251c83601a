/**
 * Makes the settings of Spark from the configuration: where it runs, and the URL of the lake for it.
 *
 * The batch layer asks for them if the command has `--engine spark` (batch-layer/commands/open.ts), and so does the
 * analysis of footage (footage/analysis/). Our own code reaches HDFS by WebHDFS, Hadoop's clients by another URL:
 * entrance.ts finds it.
 */
import type { Config } from '../../process/config.ts';
import { sparkSubmit } from '../../process/spark-home.ts';
import { sparkEntrance } from './entrance.ts';

export interface SparkSettings {
  /** Path of the program spark-submit. */
  readonly submit: string;
  readonly master: string;
  /** Further options for spark-submit. */
  readonly options: readonly string[];
  readonly driverMemoryMb: number;
  readonly user: string;
  /** The root in HDFS as a URL, which Spark needs: hdfs://namenode:8020/sightline. */
  readonly lakeRoot: string;
}

export async function sparkSettings(config: Config): Promise<SparkSettings> {
  const { url, options } = await sparkEntrance(config);
  return {
    submit: sparkSubmit(config),
    master: config.SPARK_MASTER,
    options: [
      ...['--conf', 'spark.hadoop.dfs.client.block.write.replace-datanode-on-failure.best-effort=true'],
      ...options,
      ...(config.SPARK_DRIVER_HOST === undefined ? [] : ['--conf', `spark.driver.host=${config.SPARK_DRIVER_HOST}`]),
      ...config.SPARK_SUBMIT_OPTIONS.split(/\s+/).filter(Boolean),
    ],
    driverMemoryMb: config.BATCH_MEMORY_MB,
    user: config.HADOOP_USER,
    lakeRoot: `${url}${config.SIGHTLINE_ROOT}`,
  };
}
