/**
 * What a client of a secured stack has to know of HDFS, as its administrator would hand it out: no keytab and no
 * password. The layers give this folder to Spark (HADOOP_CONF_DIR).
 */
import type { Settings } from './xml.ts';
import { hdfsClient } from './hadoop.ts';
import { securedCore, securedHdfs } from './secured.ts';
import type { Stack } from '../../stack/stack.ts';

const OF_CORE = ['fs.defaultFS', 'hadoop.security.authentication', 'hadoop.rpc.protection'];
const OF_HDFS = [
  'dfs.namenode.kerberos.principal',
  'dfs.datanode.kerberos.principal',
  'dfs.data.transfer.protection',
  'dfs.encrypt.data.transfer.cipher.suites',
];

const only = (settings: Settings, names: readonly string[]): Settings =>
  Object.fromEntries(names.map((name) => [name, settings[name]!]));

export const clientCore = (stack: Stack): Settings => only(securedCore(stack), OF_CORE);

export const clientHdfs = (stack: Stack): Settings => ({
  ...only(securedHdfs(stack), OF_HDFS),
  'dfs.replication': 1,
  ...hdfsClient,
});
