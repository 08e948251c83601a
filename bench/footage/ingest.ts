/**
 * What footage costs on its way into HDFS: rate, processor time a frame, and the time from hand-over to visible, beside
 * `hdfs dfs -put` of the same frames in the same run.
 *
 * Method: the benchmark is the cameras. It hands over frames of random bytes at a steady rate, and one film, to a real
 * agent, whose Flume writes to HDFS, and a real settling. A frame is visible at the first look, one a second, that
 * finds it settled. The peer is one process of Hadoop that copies the folder; its start is in its time. Frames reach
 * HDFS at least once there too, but nobody looks at their content, names them or notices what is missing.
 *
 *     npx tsx bench/footage/ingest.ts [--rate 100] [--seconds 60] [--bytes 100000] [--film-mb 200]
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { parseSettledFile } from '../../core/layout/footage.ts';
import { readConfig } from '../../core/process/config.ts';
import { fileSystemOf } from '../../core/stores/hdfs/file-system.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { partsOf } from '../../hadoop-compose/cluster/left-behind.ts';
import { pidOf } from '../../hadoop-compose/cluster/processes.ts';
import { findJava } from '../../hadoop-compose/cluster/tools.ts';
import { confFolder, jarFolder, stackFrom } from '../../hadoop-compose/stack/stack.ts';
import { cpuMeter } from '../support/cpu.ts';
import { printTable, quantile } from '../support/table.ts';

const HEAD = Buffer.from('ffd8ffe000104a464946', 'hex');
const FILM_HEAD = Buffer.from('000000186674797069736f6d', 'hex');
const LOOK_EVERY_MS = 1_000;
/** In the names of files, so that no two are alike. */
const BEGAN_MS = Date.now();
const SETTLED_LIMIT_MS = 900_000;

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '60' },
    bytes: { type: 'string', default: '100000' },
    'film-mb': { type: 'string', default: '200' },
  },
});
const [rate, seconds, bytes, filmMb] = [values.rate, values.seconds, values.bytes, values['film-mb']].map(Number) as [
  number,
  number,
  number,
  number,
];

const stack = stackFrom();
const folder = mkdtempSync(join(tmpdir(), 'sightline-ingest-'));
const environment = {
  ...process.env,
  SIGHTLINE_ROOT: `/sightline/ingest_${randomBytes(4).toString('hex')}`,
  FOOTAGE_FOLDER: folder,
  METRICS_PORT: '0',
  LOG_LEVEL: 'warn',
};
const config = readConfig(environment);
const files = hdfs(config);
const handedOverMs = new Map<number, number>();
const visibleMs = new Map<number, number>();
const everything = rate * seconds + 1;

function handOver(number: number, content: Buffer, ending: string): void {
  const place = join(folder, 'handover', String(1 + (number % 9)));
  const name = `${BEGAN_MS + number}-${number + 1}.${ending}`;
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, `.${name}`), content);
  renameSync(join(place, `.${name}`), join(place, name));
  handedOverMs.set(number, Date.now());
}

async function look(): Promise<void> {
  const nowMs = Date.now();
  for (const { path } of await files.walk('footage')) {
    const footage = parseSettledFile(path);
    if (footage === null || footage.detection === null) continue;
    const number = Number(footage.detection) - 1;
    if (!visibleMs.has(number)) visibleMs.set(number, nowMs);
  }
}

async function lookUntilAll(): Promise<void> {
  for (const deadlineMs = Date.now() + seconds * 1_000 + SETTLED_LIMIT_MS; visibleMs.size < everything;) {
    if (Date.now() > deadlineMs) throw new Error(`${visibleMs.size} of ${everything} files are visible`);
    await look();
    await pause(LOOK_EVERY_MS);
  }
}

async function handOverSteadily(): Promise<void> {
  handOver(0, Buffer.concat([FILM_HEAD, randomBytes(filmMb * 1_000_000)]), 'mp4');
  const beganMs = Date.now();
  for (let number = 1; number < everything; number++) {
    handOver(number, Buffer.concat([HEAD, randomBytes(bytes)]), 'jpg');
    await pause(Math.max(0, beganMs + (number * 1_000) / rate - Date.now()));
  }
}

const flumePid = (): number | undefined => partsOf({ folder }).find(({ name }) => name === 'flume')?.pid;

async function ours(): Promise<{ perSecond: number; cpuMs: Record<string, number> }> {
  await files.makeFolder('footage');
  const children = [['footage', 'agent'] as const, ['footage', 'settle', '--every', '1'] as const].map((words) =>
    spawn(process.execPath, ['sightline.mjs', ...words], { env: environment, stdio: ['ignore', 'inherit', 'inherit'] }),
  );
  try {
    while (flumePid() === undefined) await pause(200);
    const meter = cpuMeter({
      agent: children[0]!.pid!,
      settling: children[1]!.pid!,
      Flume: flumePid()!,
      NameNode: pidOf(stack, 'namenode')!,
      DataNode: pidOf(stack, 'datanode')!,
    });
    const beganMs = Date.now();
    await Promise.all([handOverSteadily(), lookUntilAll()]);
    const tookSeconds = (Math.max(...visibleMs.values()) - beganMs) / 1_000;
    return { perSecond: everything / tookSeconds, cpuMs: meter.read() };
  } finally {
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(children.map((child) => new Promise((resolve) => child.once('exit', resolve))));
  }
}

/** Files a second of `hdfs dfs -put`. */
async function peer(): Promise<number> {
  const local = join(folder, 'peer');
  mkdirSync(local);
  for (let number = 1; number < everything; number++)
    writeFileSync(join(local, `${number}.jpg`), Buffer.concat([HEAD, randomBytes(bytes)]));
  const { url } = await fileSystemOf(config);
  const beganMs = Date.now();
  execFileSync(
    await findJava(),
    [
      ...[
        '-cp',
        `${confFolder(stack, 'hadoop')}:${join(jarFolder(stack, 'hadoop'), '*')}`,
        'org.apache.hadoop.fs.FsShell',
      ],
      ...['-put', local, `${url}${config.SIGHTLINE_ROOT}/peer`],
    ],
    { env: { ...process.env, HADOOP_USER_NAME: config.HADOOP_USER }, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return ((everything - 1) * 1_000) / (Date.now() - beganMs);
}

try {
  const { perSecond, cpuMs } = await ours();
  const waits = [...visibleMs].map(([number, atMs]) => (atMs - handedOverMs.get(number)!) / 1_000);
  const film = waits[[...visibleMs.keys()].indexOf(0)]!;
  waits.sort((a, b) => a - b);
  const megabytes = (perSecond * bytes) / 1e6;
  const at = (share: number): string => `${quantile(waits, share).toFixed(1)} s`;
  const put = await peer();
  printTable(
    ['', ''],
    [
      ['files, and MB, a second', `${perSecond.toFixed(1)}, ${megabytes.toFixed(1)}`],
      ['hdfs dfs -put', `${put.toFixed(1)}, ${((put * bytes) / 1e6).toFixed(1)}`],
      ['hand-over to visible, p50, p99, slowest', [0.5, 0.99, 1].map(at).join(', ')],
      [`the film of ${filmMb} MB`, `${film.toFixed(1)} s`],
      ...Object.entries(cpuMs).map(([name, ms]) => [`${name}, ms of CPU a file`, (ms / everything).toFixed(1)]),
    ],
  );
} finally {
  await hdfs({ ...config, SIGHTLINE_ROOT: '/' }).remove(config.SIGHTLINE_ROOT.slice(1));
  rmSync(folder, { recursive: true, force: true });
}
