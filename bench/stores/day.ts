/**
 * Questions over the last 24 hours to the real app: a day that is published (bench/serving/world.ts) and live traffic
 * that a worker counts, one client over a connection that is kept.
 */
import { Agent, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { DAY_MS, MINUTE_MS } from '../../core/domain/time.ts';
import { startApp } from '../../test/support/app-process.ts';
import { drawnPlace, QUESTIONS } from '../serving/questions.ts';
import { loadDay, startTraffic } from '../serving/world.ts';
import type { BenchWorld } from '../support/world.ts';

const LIVE_RATE = 1_000;
const WARM_UP_MS = 10_000;
const ASKED_MS = 5_000;
const PACE_MS = 20;

export interface AskedDay {
  readonly name: string;
  readonly firstMs: number;
  /** In order of size. */
  readonly tookMs: readonly number[];
}

export async function askDay(world: BenchWorld, detections: number): Promise<AskedDay[]> {
  await loadDay(world, detections);
  const traffic = startTraffic(world, LIVE_RATE);
  const app = await startApp(world.environment);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    await pause(WARM_UP_MS);
    const asked: AskedDay[] = [];
    for (const { name, path } of QUESTIONS) {
      const tookMs: number[] = [];
      for (const until = Date.now() + ASKED_MS; Date.now() < until; await pause(PACE_MS)) {
        const to = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;
        const beganMs = performance.now();
        await ask(agent, app.address + path({ from: to - DAY_MS, to }, drawnPlace()));
        tookMs.push(performance.now() - beganMs);
      }
      const [firstMs] = tookMs.splice(0, 1);
      asked.push({ name, firstMs: firstMs!, tookMs: tookMs.sort((a, b) => a - b) });
    }
    return asked;
  } finally {
    agent.destroy();
    await app.stop();
    await traffic.stop();
  }
}

function ask(agent: Agent, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume();
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode} for ${url}`)),
      );
      response.on('error', reject);
    }).on('error', reject);
  });
}
