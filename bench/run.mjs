/**
 * Behind `npm run bench [-- NAME …]`: a stack of its own, the benchmarks one after the other, and the stack taken away.
 *
 * Without a name all of them, which takes the better part of an hour on a machine with nothing else to do. Each prints
 * its own table; the README beside each says what it measures and what came out.
 */
import { register } from 'tsx/esm/api';
import { spawnGroup } from '../hadoop-compose/setup/group.mjs';

const BENCHMARKS = {
  'catch-up': ['bench/speed/main.ts', 'spark', '--detections', '600000'],
  growth: ['bench/speed/main.ts', 'growth', '--detections', '300000'],
  freshness: ['bench/speed/freshness.ts'],
  batch: ['bench/batch/main.ts', 'all'],
  serving: ['bench/serving/main.ts'],
  stores: ['bench/stores/main.ts'],
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
  process.stderr.write(
    `No benchmark is called ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}\n`,
  );
  process.exit(2);
}

register();
const { stopOrders } = await import('../core/process/life.ts');
const { surviveLostOutput } = await import('../core/process/output.ts');
surviveLostOutput();
const { stop, hurry } = stopOrders({ withParent: process.env.npm_lifecycle_event !== undefined });

/** Exit code of a program that shows its own output; told to stop, it is ended with all that it has started. */
async function run(program, ...args) {
  const group = spawnGroup(process.execPath, [program, ...args], {
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const isCleanUp = stop.aborted;
  const onStop = () => void group.send('SIGINT');
  // The clean-up is what was asked for; asked again, SIGQUIT makes it quick.
  const onHurry = () => void group.send(isCleanUp ? 'SIGQUIT' : 'SIGKILL');
  stop.addEventListener('abort', onStop, { once: true });
  hurry.addEventListener('abort', onHurry, { once: true });
  const code = await group.ended;
  if (stop.aborted) await group.empty(hurry);
  stop.removeEventListener('abort', onStop);
  hurry.removeEventListener('abort', onHurry);
  return code;
}

const failed = [];
try {
  if ((await run('sightline.mjs', 'cluster', 'up')) !== 0) failed.push('the stack');
  for (const name of failed.length > 0 ? [] : asked.length > 0 ? asked : Object.keys(BENCHMARKS)) {
    if (stop.aborted) break;
    process.stdout.write(`\n== ${name}\n`);
    const [program, ...args] = BENCHMARKS[name];
    if ((await run('--import', 'tsx', program, ...args)) !== 0) failed.push(name);
  }
} finally {
  await run('sightline.mjs', 'cluster', 'reset', '--yes');
}
if (failed.length > 0) process.stderr.write(`failed: ${failed.join(', ')}\n`);
process.exit(stop.aborted ? 130 : failed.length > 0 ? 1 : 0);
