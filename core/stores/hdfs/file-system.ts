/**
 * What a NameNode says of its own configuration, which it publishes beside WebHDFS.
 *
 * HDFS has one name over WebHDFS, which our own code speaks, and another for Hadoop's clients: Spark
 * (core/stores/spark/entrance.ts) and Flume (footage/flume.ts) ask for it here.
 */
import type { Config } from '../../process/config.ts';
import { EXIT, messageOf, Refusal, Retryable } from '../../process/errors.ts';
import { nameNodesOf } from '../../process/hdfs-access.ts';
import { outwardFetch } from '../../process/proxy.ts';

const ANSWER_LIMIT_MS = 10_000;

export interface FileSystem {
  /** `hdfs://namenode:8020`: HDFS_URL, or what the NameNode calls itself. */
  readonly url: string;
  /** How often a block is kept; a client without the cluster's configuration would ask for three. */
  readonly replication: string | undefined;
}

type Settings = Pick<Config, 'WEBHDFS_URL' | 'HDFS_URL'> & Partial<Pick<Config, 'HADOOP_ACCESS' | 'WEBHDFS_URLS'>>;

export async function fileSystemOf(config: Settings): Promise<FileSystem> {
  refuseSecured(config);
  const text = await configurationOfOne(nameNodesOf(config));
  const settingOf = (name: string): string | undefined =>
    new RegExp(`<name>${name.replaceAll('.', '\\.')}</name>\\s*<value>([^<]+)</value>`).exec(text)?.[1];
  const url = config.HDFS_URL ?? settingOf('fs.defaultFS')?.replace(/\/$/, '');
  if (url === undefined) {
    throw new Retryable(
      'HDFS',
      `the NameNode at ${config.WEBHDFS_URL} has no fs.defaultFS; set HDFS_URL, for example hdfs://namenode:8020`,
    );
  }
  return { url, replication: settingOf('dfs.replication') };
}

/** Whoever asks goes on with Hadoop's own client, by a name. */
function refuseSecured({ HADOOP_ACCESS: access }: Settings): void {
  const { kerberos = null, credential = null } = access?.hdfs ?? {};
  if (kerberos === null && credential === null) return;
  throw new Refusal(
    EXIT.usage,
    `HDFS_AUTH=${credential?.kind ?? 'kerberos'}: Flume enters HDFS by a name alone, and Spark by a name or with ` +
      'Kerberos. Publish with --engine duckdb, and leave out footage (docs/security.md#what-is-not-there-yet)',
  );
}

/** All NameNodes of a cluster have the same; one that is away does not answer. */
async function configurationOfOne(urls: readonly string[]): Promise<string> {
  let last: unknown;
  for (const url of urls) {
    try {
      return await configurationOf(url);
    } catch (fault) {
      last = fault;
    }
  }
  throw last;
}

/** The answer may break off after it has begun, too. */
async function configurationOf(webhdfs: string): Promise<string> {
  try {
    const answer = await outwardFetch(`${webhdfs}/conf`, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
    return await answer.text();
  } catch (fault) {
    throw new Retryable(
      'HDFS',
      `the configuration of the NameNode could not be read from ${webhdfs}/conf: ${messageOf(fault)}`,
      fault,
    );
  }
}
