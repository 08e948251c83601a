/**
 * How long the HTTP API takes for questions over the last 24 hours, beside DuckDB and Spark SQL on the same day's
 * Parquet.
 *
 * Method: world.ts loads a day, a worker counts live traffic, the app is a process of its own; one client asks over a
 * connection that is kept, each question with a window that ends now, and another place each time. First answers are
 * told apart. Before that the answers of the published day are held against DuckDB's. Targets: p50 at most 10 ms, p99
 * at most 50 ms, with a million different (place, minute) and 100,000 different items.
 *
 *     npm run bench:serving -- [--detections 1500000] [--rate 1000] [--seconds 8] [--pace-ms 20] [--no-spark]
 */
import { existsSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Asked } from './others.ts';
import { DAY_MS, MINUTE_MS } from '../../core/domain/time.ts';
import { startApp } from '../../test/support/app-process.ts';
import { residentMegabytes } from '../../test/support/process-table.ts';
import { cpuMeter } from '../support/cpu.ts';
import { quantile } from '../support/table.ts';
import { benchWorld } from '../support/world.ts';
import { askDuck, askSpark, heldAgainstDuck, sparkProgram } from './others.ts';
import { drawnPlace, QUESTIONS } from './questions.ts';
import { loadDay, startTraffic } from './world.ts';

const WARM_UP_MS = 15_000;
const FIRST_ANSWERS = 1;
const MOST_TRIES = 10;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    detections: { type: 'string', default: '1500000' },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '8' },
    'pace-ms': { type: 'string', default: '20' },
    spark: { type: 'boolean', default: true },
  },
});

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const world = await benchWorld({ EPOCH_SECONDS: '3600', RATE_LIMIT_PER_MINUTE: '0' });
try {
  say(`loading ${values.detections} detections`);
  const day = await loadDay(world, Number(values.detections));
  const traffic = startTraffic(world, Number(values.rate));
  const app = await startApp(world.environment);
  try {
    await pause(WARM_UP_MS);
    say(await heldAgainstDuck(day, (path) => ask(app.address + path)));
    const meter = cpuMeter({ app: app.pid, worker: traffic.worker.pid!, ...world.daemons });
    const began = performance.now();
    const asked = [];
    for (const question of QUESTIONS) asked.push(await askApi(question, app.address));
    const cpu = meter.read();
    report(asked, cpu, performance.now() - began);
    say(`the app holds ${Math.round(residentMegabytes(app.pid))} MB`);
  } finally {
    await app.stop();
    await traffic.stop();
  }
  report([await askDuck(day)].flat());
  const spark = values.spark ? sparkProgram() : null;
  if (spark !== null && existsSync(spark)) report(await askSpark(spark, day));
  else say('Spark is not set up here ("sightline spark setup"), or was not asked for');
} finally {
  agent.destroy();
  await world.drop();
}
process.exit(0);

async function askApi({ name, path }: (typeof QUESTIONS)[number], address: string): Promise<Asked> {
  const tookMs: number[] = [];
  for (
    const until = Date.now() + Number(values.seconds) * 1_000;
    Date.now() < until;
    await pause(Number(values['pace-ms']))
  ) {
    const to = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;
    const began = performance.now();
    await ask(address + path({ from: to - DAY_MS, to }, drawnPlace()));
    tookMs.push(performance.now() - began);
  }
  return { by: 'Sightline API', name, firstMs: tookMs.splice(0, FIRST_ANSWERS)[0]!, tookMs };
}

/** What a question takes to be answered, a store that is late for it included. */
async function ask(url: string): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      return await askOnce(url);
    } catch (fault) {
      if (tries === MOST_TRIES) throw fault;
      say(`asked again: ${String(fault).slice(0, 200)}`);
    }
  }
}

function askOnce(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => (text += piece));
      response.on('end', () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`${response.statusCode} for ${url}: ${text}`)),
      );
      response.on('error', reject);
    }).on('error', reject);
  });
}

function report(all: readonly Asked[], cpu: Record<string, number> = {}, spanMs = 1): void {
  const line = (...cells: string[]): void =>
    void process.stdout.write(`${cells.map((cell, at) => (at < 2 ? cell.padEnd(24) : cell.padStart(9))).join('')}\n`);
  line('answered by', 'question', 'asked', 'first ms', 'p50', 'p90', 'p99', 'slowest');
  for (const { by, name, firstMs, tookMs } of [...all, ...(all.length > 1 ? [together(all)] : [])]) {
    const sorted = [...tookMs].sort((a, b) => a - b);
    const at = (share: number): string => quantile(sorted, share).toFixed(1);
    line(by, name, String(sorted.length), firstMs.toFixed(1), at(0.5), at(0.9), at(0.99), at(1));
  }
  for (const [name, ms] of Object.entries(cpu))
    process.stdout.write(`${name.padEnd(24)}${((100 * ms) / spanMs).toFixed(0)} % of a core\n`);
}

function together(all: readonly Asked[]): Asked {
  return {
    by: all[0]!.by,
    name: 'all of them',
    firstMs: Math.max(...all.map(({ firstMs }) => firstMs)),
    tookMs: all.flatMap(({ tookMs }) => tookMs),
  };
}
