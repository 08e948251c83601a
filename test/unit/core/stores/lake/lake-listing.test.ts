/** The days of the lake, told from manifests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { daysOf } from '../../../../../core/stores/lake/lake-listing.ts';

const file = (date: string, hour: string, epoch: string, rows: number) => ({
  path: `lake/detections/dt=${date}/hour=${hour}/${epoch}-0.parquet`,
  bytes: rows * 10,
  sha256: '',
  rows,
});

test('a day is complete when every epoch that begins in it is published, and open before', () => {
  const runs = [
    {
      epoch: '2026-11-22',
      to: Date.parse('2026-11-23'),
      files: [file('2026-11-22', '13', '2026-11-22', 5), file('2026-11-21', '23', '2026-11-22', 1)],
    },
    {
      epoch: '2026-11-21',
      to: Date.parse('2026-11-22'),
      files: [file('2026-11-21', '00', '2026-11-21', 7), file('2026-11-23', '00', '2026-11-21', 2)],
    },
  ];
  assert.deepEqual(daysOf(runs), [
    { date: '2026-11-23', rows: 2, bytes: 20, files: 1, epochs: ['2026-11-21'], state: 'open' },
    { date: '2026-11-22', rows: 5, bytes: 50, files: 1, epochs: ['2026-11-22'], state: 'complete' },
    { date: '2026-11-21', rows: 8, bytes: 80, files: 2, epochs: ['2026-11-21', '2026-11-22'], state: 'complete' },
  ]);
});

test('files that are no detections are not listed', () => {
  const other = { path: 'lake/raw/epoch=2026-11-22/part-0-0-1.parquet', bytes: 1, sha256: '', rows: 1 };
  assert.deepEqual(daysOf([{ epoch: '2026-11-22', to: 1, files: [other] }]), []);
});
