/**
 * HDFS with two NameNodes, a JournalNode and a DataNode, each a process of the test's own: what a failover is tried on.
 *
 * Nobody fails over by itself here: the test kills the active NameNode and calls `failOver`, which is what an
 * administrator does (`hdfs haadmin -failover`), or ZooKeeper's watchdogs on a cluster.
 */
import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { reload4jProperties } from '../../hadoop-compose/cluster/conf/logging.ts';
import { settingsXml } from '../../hadoop-compose/cluster/conf/xml.ts';
import { hdfsSite } from '../../hadoop-compose/cluster/conf/hadoop.ts';
import { findJava } from '../../hadoop-compose/cluster/tools.ts';
import { jarFolder } from '../../hadoop-compose/stack/stack.ts';
import type { Stack } from '../../hadoop-compose/stack/stack.ts';
import { freePorts } from './java-daemon.ts';
import { eventually } from './main-job.ts';

const run = promisify(execFile);
const NODES = ['nn1', 'nn2'] as const;
type NodeName = (typeof NODES)[number];
const NAME_NODE = 'org.apache.hadoop.hdfs.server.namenode.NameNode';
const HEAP = '-Xmx256m';
const READY_LIMIT_MS = 120_000;

export interface HaHdfs {
  /** Of nn1 and nn2, over WebHDFS. */
  readonly urls: readonly string[];
  kill(node: NodeName): Promise<void>;
  /** Starts a NameNode that was killed; it comes back on standby. */
  startAgain(node: NodeName): Promise<void>;
  failOver(from: NodeName, to: NodeName): Promise<void>;
  close(): Promise<void>;
}

/** Formats and starts all of it; nn1 is active. */
export async function haHdfs(stack: Stack, folder: string): Promise<HaHdfs> {
  const java = await findJava();
  const [rpc1, rpc2, http1, http2, journal, journalHttp, data, dataHttp, dataIpc] = await freePorts(9);
  const conf = join(folder, 'conf');
  mkdirSync(conf, { recursive: true });
  const plain = Object.entries(hdfsSite(stack)).filter(
    ([name]) => !/namenode\.(rpc|http)|name\.dir|datanode\./.test(name),
  );
  const settings = {
    ...Object.fromEntries(plain),
    'dfs.webhdfs.rest-csrf.enabled': false,
    'dfs.nameservices': 'test',
    'dfs.ha.namenodes.test': NODES.join(),
    'dfs.namenode.rpc-address.test.nn1': `127.0.0.1:${rpc1}`,
    'dfs.namenode.rpc-address.test.nn2': `127.0.0.1:${rpc2}`,
    'dfs.namenode.http-address.test.nn1': `127.0.0.1:${http1}`,
    'dfs.namenode.http-address.test.nn2': `127.0.0.1:${http2}`,
    'dfs.namenode.name.dir.test.nn1': join(folder, 'nn1'),
    'dfs.namenode.name.dir.test.nn2': join(folder, 'nn2'),
    'dfs.namenode.shared.edits.dir': `qjournal://127.0.0.1:${journal}/test`,
    'dfs.journalnode.edits.dir': join(folder, 'journal'),
    'dfs.journalnode.rpc-address': `127.0.0.1:${journal}`,
    'dfs.journalnode.http-address': `127.0.0.1:${journalHttp}`,
    'dfs.ha.fencing.methods': 'shell(/bin/true)',
    'dfs.client.failover.proxy.provider.test':
      'org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider',
    'dfs.namenode.datanode.registration.ip-hostname-check': false,
    'dfs.datanode.data.dir': join(folder, 'data'),
    'dfs.datanode.hostname': '127.0.0.1',
    'dfs.datanode.address': `127.0.0.1:${data}`,
    'dfs.datanode.http.address': `127.0.0.1:${dataHttp}`,
    'dfs.datanode.ipc.address': `127.0.0.1:${dataIpc}`,
    'dfs.ha.tail-edits.period': 1,
  };
  const core = {
    'fs.defaultFS': 'hdfs://test',
    'hadoop.tmp.dir': join(folder, 'tmp'),
    'ipc.client.connect.max.retries': 1,
    'ipc.client.connect.retry.interval': 200,
  };
  writeFileSync(join(conf, 'core-site.xml'), settingsXml(core));
  writeFileSync(join(conf, 'hdfs-site.xml'), settingsXml(settings));
  writeFileSync(join(conf, 'log4j.properties'), reload4jProperties);
  for (const web of ['hdfs', 'datanode', 'journal']) mkdirSync(join(conf, 'webapps', web), { recursive: true });
  // Both listen at one address, so each is told which one it is; Hadoop reads that after the class.
  const idOf = (name: string): string[] => (name.startsWith('nn') ? [`-Ddfs.ha.namenode.id=${name}`] : []);
  const words = (name: string, main: string, ...args: string[]): string[] => [
    HEAP,
    '-XX:+UseSerialGC',
    '-Djava.net.preferIPv4Stack=true',
    ...['java.lang', 'java.io', 'java.nio', 'java.util', 'java.net'].flatMap((name) => [
      '--add-opens',
      `java.base/${name}=ALL-UNNAMED`,
    ]),
    `-Dsightline.log=${join(folder, `${name}.log`)}`,
    ...['-cp', `${conf}:${join(jarFolder(stack, 'hadoop'), '*')}`, main, ...idOf(name), ...args],
  ];
  const runOnce = (name: string, main: string, ...args: string[]): Promise<unknown> =>
    run(java, words(name, main, ...args), { timeout: READY_LIMIT_MS }).catch((fault: unknown) => {
      const log = readFileSync(join(folder, `${name}.log`), 'utf8').slice(-2_000);
      throw new Error(`${main} ${args.join(' ')} failed; its log ends with:\n${log}`, { cause: fault });
    });
  const children = new Map<string, ChildProcess>();
  const start = (name: string, main: string): void => {
    const out = openSync(join(folder, `${name}.out`), 'a');
    children.set(name, spawn(java, words(name, main), { stdio: ['ignore', out, out] }));
  };
  const stateOf = async (port: number): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${port}/jmx?qry=Hadoop:service=NameNode,name=NameNodeStatus`);
    return ((await answer.json()) as { beans: { State: string }[] }).beans[0]?.State ?? 'starting';
  };
  const httpOf = { nn1: http1!, nn2: http2! };
  const isThere = (node: NodeName): Promise<unknown> =>
    eventually(
      `${node} is up`,
      () => stateOf(httpOf[node]),
      (state) => /active|standby/.test(state),
      READY_LIMIT_MS,
    );
  const failOver = async (...names: string[]): Promise<void> =>
    void (await runOnce('admin', 'org.apache.hadoop.hdfs.tools.DFSHAAdmin', ...names));
  const end = async (name: string, signal: NodeJS.Signals): Promise<void> => {
    const child = children.get(name);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  const close = async (): Promise<void> =>
    void (await Promise.all([...children.keys()].map((name) => end(name, 'SIGKILL'))));
  try {
    start('journal', 'org.apache.hadoop.hdfs.qjournal.server.JournalNode');
    await eventually(
      'the JournalNode is up',
      () => fetch(`http://127.0.0.1:${journalHttp}/jmx`),
      ({ ok }) => ok,
      READY_LIMIT_MS,
    );
    await runOnce('nn1', NAME_NODE, '-format', '-force', '-nonInteractive');
    start('nn1', NAME_NODE);
    await isThere('nn1');
    await runOnce('nn2', NAME_NODE, '-bootstrapStandby', '-force', '-nonInteractive');
    start('nn2', NAME_NODE);
    start('data', 'org.apache.hadoop.hdfs.server.datanode.DataNode');
    await isThere('nn2');
    await failOver('-transitionToActive', 'nn1');
  } catch (fault) {
    await close();
    throw fault;
  }
  return {
    urls: [`http://127.0.0.1:${http1}`, `http://127.0.0.1:${http2}`],
    kill: (node) => end(node, 'SIGKILL'),
    async startAgain(node) {
      start(node, NAME_NODE);
      await isThere(node);
    },
    failOver: (from, to) => failOver('-failover', from, to),
    close,
  };
}
