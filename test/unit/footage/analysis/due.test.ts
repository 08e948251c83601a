/**
 * Which epochs of footage an analysis takes: those that are over, of days with footage, each once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import { nameOf } from '../../../../core/domain/epoch.ts';
import { analysedEpochFile } from '../../../../core/layout/footage-facts.ts';
import { dueEpochs, groupsOf } from '../../../../footage/analysis/due.ts';
import { hdfsDouble } from '../../../support/hdfs-double.ts';

const LENGTH = { epochSeconds: 21_600 };
const at = (time: string): number => Date.parse(`${time}Z`);

async function due(folders: string[], now: string, analysed: string[] = [], knownDays = 1): Promise<string[]> {
  const hdfs = hdfsDouble();
  for (const folder of folders) hdfs.files.set(`${folder}/x`, Buffer.from(''));
  for (const epoch of analysed) hdfs.files.set(analysedEpochFile(epoch), Buffer.from('{}'));
  return (await dueEpochs(hdfs, { ...LENGTH, knownDays, nowMs: at(now) })).map((epoch) => nameOf(epoch, LENGTH));
}

test('an epoch is due a minute after its end, unless it is analysed', async () => {
  const folders = ['footage/camera=7/dt=2024-04-01'];
  assert.deepEqual(await due(folders, '2024-04-01T06:00:59'), []);
  assert.deepEqual(await due(folders, '2024-04-01T12:01:00'), ['2024-04-01T0000', '2024-04-01T0600']);
  assert.deepEqual(await due(folders, '2024-04-01T12:01:00', ['2024-04-01T0000']), ['2024-04-01T0600']);
});

test('days of packs are due, and a clock of 1970 adds one day', async () => {
  const folders = ['footage_packed/camera=7/dt=2024-04-01', 'footage/camera=8/dt=1970-01-01'];
  const days = (await due(folders, '2024-04-02T12:30:00')).map((epoch) => epoch.slice(0, 10));
  assert.deepEqual([...new Set(days)], ['1970-01-01', '2024-04-01', '2024-04-02']);
  assert.equal(days.length, 4 + 4 + 2);
});

test('after the last footage, days are due for as long as cameras are known', async () => {
  const folders = ['footage/camera=7/dt=2024-04-01'];
  const days = new Set((await due(folders, '2024-04-09T12:00:00', [], 2)).map((epoch) => epoch.slice(0, 10)));
  assert.deepEqual([...days], ['2024-04-01', '2024-04-02', '2024-04-03']);
});

test('one start of Spark takes a day of epochs at most', () => {
  const epochs = [1, 2, 3, 4, 5, 9, 10, 13].map((number) => number as Epoch);
  assert.deepEqual([...groupsOf(epochs, LENGTH.epochSeconds)], [[1, 2, 3, 4], [5], [9, 10], [13]]);
  assert.deepEqual([...groupsOf([], LENGTH.epochSeconds)], []);
});
