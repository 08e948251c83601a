/**
 * Where Spark finds HDFS, and how it enters: by a name, or with Kerberos.
 *
 * With Kerberos Spark signs in by itself with the keytab, and needs the configuration of the cluster
 * (HADOOP_CONF_DIR), which says who its servers are and how they encrypt. Without, the NameNode says all of it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../process/config.ts';
import { EXIT, messageOf, Refusal } from '../../process/errors.ts';
import type { KerberosIdentity } from '../../process/security-settings.ts';
import { fileSystemOf } from '../hdfs/file-system.ts';

type Settings = Parameters<typeof fileSystemOf>[0] & Pick<Config, 'HADOOP_CONF_DIR' | 'SPARK_MASTER' | 'HADOOP_ACCESS'>;

export interface SparkEntrance {
  /** hdfs://namenode:8020 */
  readonly url: string;
  /** For spark-submit. */
  readonly options: readonly string[];
}

export async function sparkEntrance(config: Settings): Promise<SparkEntrance> {
  const { kerberos } = config.HADOOP_ACCESS.hdfs;
  if (kerberos !== null) return withKerberos(config, kerberos);
  const { url, replication } = await fileSystemOf(config);
  // A client chooses the replication of its blocks; without the cluster's configuration it would choose three.
  const isOwn = config.HADOOP_CONF_DIR === undefined && replication !== undefined;
  return { url, options: isOwn ? ['--conf', `spark.hadoop.dfs.replication=${replication}`] : [] };
}

async function withKerberos(config: Settings, { principal, keytab }: KerberosIdentity): Promise<SparkEntrance> {
  const { HADOOP_CONF_DIR: folder, HDFS_URL, SPARK_MASTER: master } = config;
  if (folder === undefined)
    throw new Refusal(
      EXIT.usage,
      'HDFS_AUTH=kerberos, and Spark has to know the cluster: set HADOOP_CONF_DIR to the folder with its ' +
        'core-site.xml and hdfs-site.xml. "batch run --engine duckdb" needs none.',
    );
  if (!/^(local|yarn)/.test(master))
    throw new Refusal(
      EXIT.usage,
      `SPARK_MASTER is ${master}: with HDFS_AUTH=kerberos the executors of Spark's own cluster get no ticket. ` +
        'Take yarn, local[N], or --engine duckdb.',
    );
  // Java reads no KRB5_CONFIG.
  const krb5 = process.env.KRB5_CONFIG ? `-Djava.security.krb5.conf=${process.env.KRB5_CONFIG}` : undefined;
  return {
    url: HDFS_URL ?? (await defaultFileSystem(folder)),
    options: [
      ...(principal && keytab ? ['--principal', principal, '--keytab', keytab] : []),
      ...(krb5 ? ['--driver-java-options', krb5] : []),
    ],
  };
}

async function defaultFileSystem(folder: string): Promise<string> {
  const file = join(folder, 'core-site.xml');
  const text = await readFile(file, 'utf8').catch((fault: unknown) => {
    throw new Refusal(EXIT.usage, `HADOOP_CONF_DIR: ${file} cannot be read: ${messageOf(fault)}`, fault);
  });
  const url = /<name>\s*fs\.defaultFS\s*<\/name>\s*<value>\s*([^<\s]+)\s*<\/value>/.exec(text)?.[1];
  if (url !== undefined) return url.replace(/\/$/, '');
  throw new Refusal(EXIT.usage, `${file} has no fs.defaultFS; set HDFS_URL, for example hdfs://namenode:8020`);
}
