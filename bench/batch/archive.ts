/**
 * Kafka → archived: how many records a second the archive reads, judges and writes into raw files on this machine.
 *
 * Target: 80,000 a second on two cores, with the broker on the same two. A topic is filled first; then the archive
 * reads all of it, as a run or `sightline batch archive` does. The processor time of this process is printed too,
 * because under `npm start` the archive shares the processor with the speed layer.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BEFORE_ALL } from '../../core/domain/arrival.ts';
import { epochAt } from '../../core/domain/epoch.ts';
import { instant } from '../../core/domain/time.ts';
import { openDuck } from '../../core/stores/lake/duckdb.ts';
import { archive } from '../../batch-layer/archive/archive.ts';
import { fillTopic } from '../support/traffic.ts';
import { cpuMsOf } from '../support/cpu.ts';
import { benchWorld } from '../support/world.ts';
import { note, peakMb, printFigure } from './figures.ts';
import { openBench } from './open.ts';

const TARGET = 80_000;

export async function benchArchive(detections: number, runs: number, asJson: boolean): Promise<void> {
  note('archive: making a topic and tables');
  const world = await benchWorld({ EPOCH_SECONDS: '86400' });
  const folder = await mkdtemp(join(tmpdir(), 'sightline-bench-'));
  try {
    const plan = { detections, copies: 0.1, places: 400, items: 60, ratePerSecond: 10_000 };
    const records = await fillTopic(world.config, plan, (sent) =>
      note(`archive: ${sent.toLocaleString('en')} records sent`),
    );
    const batch = await openBench(world.config);
    for (let run = 0; run < runs; run++) {
      const duck = await openDuck({ memoryMb: 2_048, threads: 2, spillFolder: join(folder, 'spill') });
      const { rules } = batch.context;
      const start = {
        epoch: epochAt(instant(Date.now()), rules),
        firsts: rules.firstOffsets,
        arrivals: rules.firstOffsets.map(() => BEFORE_ALL),
      };
      const broker = cpuMsOf(world.daemons.kafka!);
      const [cpu, began] = [process.cpuUsage(), performance.now()];
      const { partitions, files } = await archive(batch.context, duck, start, { folder, appendsTicks: false });
      const seconds = (performance.now() - began) / 1_000;
      const { user, system } = process.cpuUsage(cpu);
      duck.close();
      const read = partitions.reduce((sum, partition) => sum + partition.records, 0);
      if (read !== records) throw new Error(`${records} records were sent and ${read} archived`);
      const micros = (ms: number): string => ((ms * 1_000) / read).toFixed(1);
      const detail =
        `${files.length} files; ${micros((user + system) / 1_000)} µs of processor time a record, ` +
        `the broker's ${micros(cpuMsOf(world.daemons.kafka!) - broker)}`;
      printFigure(
        {
          what: `archive, run ${run + 1}, ${read.toLocaleString('en')} records`,
          records: read,
          seconds,
          target: TARGET,
          peakMb: peakMb(),
          detail,
        },
        asJson,
      );
    }
    await batch.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
    await world.drop();
  }
}
