/** Nodes that acknowledge writes before they are on the disk are named, with the remedy. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Row } from '../../../../../core/stores/cassandra/client.ts';
import { durabilityFault } from '../../../../../core/stores/cassandra/durability.ts';

const nodes = (...settings: (string | null)[]) => ({
  readFromEach: async () =>
    settings.map((value, at) => ({
      node: `10.0.0.${at + 1}:9042`,
      rows: value === null ? [] : [{ value } satisfies Row],
    })),
});

test('nodes that wait for the disk, or say nothing of it, are well', async () => {
  assert.equal(await durabilityFault(nodes('group', 'batch', null)), null);
});

test('a node that acknowledges before is named with the remedy', async () => {
  const fault = await durabilityFault(nodes('group', 'periodic', 'periodic'));
  assert.match(fault!, /^10\.0\.0\.2:9042, 10\.0\.0\.3:9042 .*periodic.*commitlog_sync: group/);
});
