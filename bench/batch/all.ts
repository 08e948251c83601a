/**
 * `npm run bench:batch -- all`: measures every figure of the batch layer, on a machine that has nothing else to do.
 *
 * Each part is a process of its own with a time limit; its messages are shown and its figures are collected. The table
 * at the end has the figures of README.md. conclusions.ts says what follows from them: whether the cost of a record
 * stays the same, how many times as fast as Spark it is, and how long a day of 864 million records takes.
 */
import { spawn } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Figure } from './figures.ts';
import { conclusions } from './conclusions.ts';
import { note, perSecond, table } from './figures.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const PART_LIMIT_MS = 45 * 60_000;

interface AllOptions {
  readonly detections: number;
  readonly runs: number;
  readonly records: readonly number[];
  readonly sparkRecords: readonly number[];
}

export async function benchAll(options: AllOptions): Promise<boolean> {
  const parts = [
    ['archive', '--detections', String(options.detections), '--runs', String(options.runs)],
    ...[...new Set([...options.records, ...options.sparkRecords])]
      .sort((a, b) => a - b)
      .flatMap((records) => [
        ...(options.records.includes(records) ? [['publish', '--engine', 'duckdb', '--records', String(records)]] : []),
        ...(options.sparkRecords.includes(records)
          ? [['publish', '--engine', 'spark', '--records', String(records)]]
          : []),
      ]),
    ['writers'],
  ];
  process.stdout.write(`${machine()}\n`);
  const figures: Figure[] = [];
  const failed: string[] = [];
  for (const [n, part] of parts.entries()) {
    note(`part ${n + 1} of ${parts.length}: ${part.join(' ')}; load ${loadavg()[0]!.toFixed(1)}`);
    const ofPart = await runPart(part);
    if (ofPart === null) failed.push(part.join(' '));
    figures.push(...(ofPart ?? []));
  }
  process.stdout.write(`\n${table(figures)}\n\n${conclusions(figures).join('\n')}\n`);
  for (const part of failed) process.stdout.write(`FAILED: ${part}\n`);
  return failed.length === 0;
}

function machine(): string {
  const cores = cpus();
  const load = loadavg().map((value) => value.toFixed(1));
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  const processor = `${cores.length} × ${cores[0]?.model ?? 'processor'}`;
  return `${processor}, ${memory}, Node ${process.version}, load ${load.join(' ')}`;
}

/** Null if it failed or took too long. */
function runPart(part: readonly string[]): Promise<Figure[] | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...part, '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), PART_LIMIT_MS);
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    child.on('close', (code) => {
      clearTimeout(limit);
      const figures = text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Figure);
      for (const figure of figures)
        note(`${figure.what}: ${perSecond(figure).toLocaleString('en')} a second; ${figure.detail}`);
      resolve(code === 0 ? figures : null);
    });
  });
}
