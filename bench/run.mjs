/**
 * Behind `npm run bench [-- NAME …]`: a stack of its own, the benchmarks one after the other, and the stack taken away.
 *
 * Without a name all of them, which takes the better part of an hour on a machine with nothing else to do. Each prints its own table;
 * the README beside each says what it measures and what came out.
 */
import { spawn } from 'node:child_process';

const BENCHMARKS = {
  'catch-up': ['bench/speed/main.ts', 'spark', '--detections', '600000'],
  growth: ['bench/speed/main.ts', 'growth', '--detections', '300000'],
  freshness: ['bench/speed/freshness.ts'],
  batch: ['bench/batch/main.ts', 'all'],
  serving: ['bench/serving/main.ts'],
};
const OFFSET = 10_800;
const environment = {
  ...process.env,
  SIGHTLINE_STACK: 'bench',
  SIGHTLINE_PORT_BASE_OFFSET: String(OFFSET),
  KAFKA_BROKERS: `127.0.0.1:${9092 + OFFSET}`,
  HBASE_ZOOKEEPER: `127.0.0.1:${2181 + OFFSET}`,
  WEBHDFS_URL: `http://127.0.0.1:${9870 + OFFSET}`,
  PORT: String(3000 + OFFSET),
};

const asked = process.argv.slice(3);
const unknown = asked.filter((name) => !(name in BENCHMARKS));
if (unknown.length > 0) {
  process.stderr.write(`No benchmark is called ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}\n`);
  process.exit(2);
}

let running = null;
let isStopped = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    isStopped = true;
    running?.kill(signal);
  });
}

/** Exit code of a program that talks to the terminal itself. */
async function run(program, ...args) {
  running = spawn(process.execPath, [program, ...args], { env: environment, stdio: 'inherit' });
  return new Promise((resolve) => running.once('close', (code) => resolve(code ?? 1)));
}

const failed = [];
try {
  if ((await run('sightline.mjs', 'cluster', 'up')) !== 0) failed.push('the stack');
  for (const name of failed.length > 0 ? [] : asked.length > 0 ? asked : Object.keys(BENCHMARKS)) {
    if (isStopped) break;
    process.stdout.write(`\n== ${name}\n`);
    const [program, ...args] = BENCHMARKS[name];
    if ((await run('--import', 'tsx', program, ...args)) !== 0) failed.push(name);
  }
} finally {
  await run('sightline.mjs', 'cluster', 'reset', '--yes');
}
if (failed.length > 0) process.stderr.write(`failed: ${failed.join(', ')}\n`);
process.exit(isStopped ? 130 : failed.length > 0 ? 1 : 0);
