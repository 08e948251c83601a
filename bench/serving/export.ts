/**
 * The memory that an export of a day takes: its rows in both formats from the app, whose resident memory is looked at
 * all the while.
 *
 * Method: world.ts loads a day of the lake (no batch view: an export of published epochs reads none), the app is a
 * process of its own. A tenth of the day is exported first, so that what every export needs is there; then the whole
 * day, again and again. Targets: ten times the rows take no more memory than the tenth and a garbage collector's leave,
 * 128 MB; the last exports take no more than those before.
 *
 *     npx tsx bench/serving/export.ts [--detections 1000000] [--rounds 10]
 */
import { parseArgs } from 'node:util';
import { startApp } from '../../test/support/app-process.ts';
import { residentMegabytes } from '../../test/support/process-table.ts';
import { benchWorld } from '../support/world.ts';
import { loadDay } from './world.ts';

const SAMPLE_MS = 100;
const { values } = parseArgs({
  options: { detections: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '10' } },
});
const world = await benchWorld({ EPOCH_SECONDS: '3600' });
try {
  const { from, to } = await loadDay(world, Number(values.detections), { withView: false });
  const app = await startApp(world.environment);
  try {
    const line = (...cells: string[]): void =>
      void process.stdout.write(`${cells.map((cell) => cell.padStart(12)).join('')}\n`);
    line('format', 'rows', 'MB', 'seconds', 'RSS before', 'RSS most');
    for (const format of ['csv', 'parquet']) {
      for (const end of [from + (to - from) / 10, ...new Array<number>(Number(values.rounds)).fill(to)]) {
        const before = Math.round(residentMegabytes(app.pid));
        const { rows, bytes, seconds, mostMb } = await exported(
          `${app.address}/api/v1/export?from=${from}&to=${end}&format=${format}`,
          app.pid,
        );
        line(
          format,
          format === 'csv' ? String(rows) : '',
          (bytes / 1e6).toFixed(1),
          seconds.toFixed(1),
          `${before} MB`,
          `${mostMb} MB`,
        );
      }
    }
  } finally {
    await app.stop();
  }
} finally {
  await world.drop();
}
process.exit(0);

/** Rows are lines without the header. */
async function exported(
  url: string,
  pid: number,
): Promise<{ rows: number; bytes: number; seconds: number; mostMb: number }> {
  let mostMb = 0;
  const sampling = setInterval(() => (mostMb = Math.max(mostMb, Math.round(residentMegabytes(pid)))), SAMPLE_MS);
  const began = performance.now();
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} for ${url}: ${await response.text()}`);
  let bytes = 0;
  let lines = 0;
  for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) lines++;
  }
  clearInterval(sampling);
  return { rows: lines - 1, bytes, seconds: (performance.now() - began) / 1_000, mostMb };
}
