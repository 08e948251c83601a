/**
 * Prints how long a detection takes from the camera's send to an answer of the API (publish-to-answer.ts), at ten
 * thousand a second, and what that costs each process. Targets: p50 at most 100 ms, p99 at most 500 ms; the worker at
 * most 30 % of a core, all daemons with it 150 %.
 *
 *     npx tsx bench/speed/freshness.ts [--rate 10000] [--seconds 60] [--linger-ms 200]
 */
import { parseArgs } from 'node:util';
import { quantile } from '../support/table.ts';
import { benchWorld } from '../support/world.ts';
import { publishToAnswer } from './publish-to-answer.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '60' },
    'linger-ms': { type: 'string' },
  },
});

const linger = values['linger-ms'];
const world = await benchWorld({
  // Questions after slow probes add up to more than a client may ask.
  ...{ EPOCH_SECONDS: '3600', RATE_LIMIT_PER_MINUTE: '0' },
  ...(linger === undefined ? {} : { SPEED_LINGER_MS: linger }),
});
try {
  const plan = { ratePerSecond: Number(values.rate), measureMs: Number(values.seconds) * 1_000 };
  const { asked, pushed, cpu } = await publishToAnswer(world, plan);
  report('asked by its id', asked);
  report('pushed', pushed);
  for (const [name, percent] of Object.entries(cpu)) line(name, `${percent.toFixed(0)} % of a core`);
} finally {
  await world.drop();
}
process.exit(0);

function line(name: string, value: string): void {
  process.stdout.write(`${name.padEnd(16)}${value}\n`);
}

function report(what: string, latencies: readonly number[]): void {
  const at = (share: number): string => `${Math.round(quantile(latencies, share))} ms`;
  line(what, `${latencies.length} probes`);
  for (const share of [0.1, 0.5, 0.9, 0.99]) line(`p${share * 100}`, at(share));
  line('slowest', at(1));
}
