/**
 * What an analysis gives Spark to read: folders and packs that touch its epochs, with the bounds of names.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import { epochNamed } from '../../../../core/domain/epoch.ts';
import { indexOfPack } from '../../../../core/layout/footage-packs.ts';
import { hoursOf, planAnalysis } from '../../../../footage/analysis/plan.ts';
import type { AnalysisPlan } from '../../../../footage/analysis/plan.ts';
import { hdfsDouble } from '../../../support/hdfs-double.ts';

const LENGTH = { epochSeconds: 1_800 };
const SHA = 'a'.repeat(64);
const NAME = `103000.000_9001_${SHA}.jpg`;

function planOf(names: string[], paths: string[], epochSeconds = LENGTH.epochSeconds): Promise<AnalysisPlan> {
  const hdfs = hdfsDouble();
  for (const path of paths) hdfs.files.set(path, Buffer.from(''));
  const epochs = names.map((name) => epochNamed(name, { epochSeconds })!);
  return planAnalysis(hdfs, { epochs, epochSeconds, lakeRoot: 'hdfs://nn/s', out: 'lake/x' });
}

test('folders of the day, with the names of the epoch as bounds', async () => {
  const plan = await planOf(
    ['2024-04-01T1000', '2024-04-01T1030'],
    ['footage/camera=7/dt=2024-04-01/x', 'footage/camera=7/dt=2024-04-02/x', 'footage/_arriving/x'],
  );
  assert.deepEqual(plan.folders, [
    ['7', '2024-04-01', 'hdfs://nn/s/footage/camera=7/dt=2024-04-01', '100000.000', '110000.000'],
  ]);
  assert.deepEqual([plan.epoch_ms, plan.out], [1_800_000, 'hdfs://nn/s/lake/x']);
  assert.match(NAME, new RegExp(plan.name_pattern));
  assert.ok(NAME >= '100000.000' && NAME < '110000.000');
});

test('an epoch of a day takes every name of the day', async () => {
  const [folder] = (await planOf(['2024-04-01'], ['footage/camera=-7/dt=2024-04-01/x'], 86_400)).folders;
  assert.equal(folder![0], '-7');
  for (const name of ['000000.000_none', '235959.999_none']) assert.ok(name >= folder![3] && name < folder![4], name);
  assert.ok(!('_writing' >= folder![3] && '_writing' < folder![4]));
});

test('whole packs that touch the epoch, each with its index', async () => {
  const pack = (times: string): string => `footage_packed/camera=7/dt=2024-04-01/${times}_${SHA}.parquet`;
  const [touching, other, unfinished] = [
    pack('095900.000-100000.000'),
    pack('103000.000-110000.000'),
    pack('100000.000-100001.000'),
  ];
  const paths = [touching, indexOfPack(touching), other, indexOfPack(other), unfinished];
  const { packs } = await planOf(['2024-04-01T1000'], paths);
  assert.deepEqual(packs, [['7', `hdfs://nn/s/${touching}`, `hdfs://nn/s/${indexOfPack(touching)}`]]);
});

test('detections of the hours that the epochs touch, where there are any', async () => {
  const lake = 'lake/detections/dt=2024-04-01';
  const plan = await planOf(['2024-04-01T1030'], [`${lake}/hour=10/x.parquet`, `${lake}/hour=11/x.parquet`]);
  assert.deepEqual(plan.detections, [`hdfs://nn/s/${lake}/hour=10`]);
  const first = epochNamed('2024-04-01T1030', LENGTH)!;
  const hours = hoursOf([first, (first + 1) as Epoch], LENGTH).map((hour) =>
    new Date(hour).toISOString().slice(11, 13),
  );
  assert.deepEqual(hours, ['10', '11']);
});
