/**
 * The root of Sightline in HDFS as a URL, for files that name other files of the lake (batch-layer/table).
 *
 * Readers take it from there, so it is the name that Hadoop's clients use. A secured cluster tells us no such name:
 * then it is HDFS_URL or the WebHDFS address, which such clients read too.
 */
import type { Config } from '../../process/config.ts';
import { fileSystemOf } from './file-system.ts';

type Settings = Pick<Config, 'WEBHDFS_URL' | 'HDFS_URL' | 'SIGHTLINE_ROOT'> &
  Partial<Pick<Config, 'HADOOP_ACCESS' | 'WEBHDFS_URLS'>>;

export async function rootUrlOf(config: Settings): Promise<string> {
  return `${await authorityOf(config)}${config.SIGHTLINE_ROOT}`;
}

async function authorityOf(config: Settings): Promise<string> {
  if (config.HDFS_URL !== undefined) return config.HDFS_URL.replace(/\/$/, '');
  const { kerberos = null, credential = null } = config.HADOOP_ACCESS?.hdfs ?? {};
  if (kerberos === null && credential === null) return (await fileSystemOf(config)).url;
  const { protocol, host } = new URL(config.WEBHDFS_URL);
  return `${protocol === 'https:' ? 'swebhdfs' : 'webhdfs'}://${host}`;
}
