// A token in a file: what is there counts, and a newer one is found when it is asked for.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { heldToken } from '../../../../core/process/held-token.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-token-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a token without a file stays what it is', () => {
  const held = heldToken({ variable: 'HBASE_TOKEN', token: 'one', file: undefined });
  assert.equal(held.renew(), false);
  assert.equal(held.current(), 'one');
});

test('a file that is written anew renews the token once, and one that is gone is named', () => {
  const file = join(folder, 'token');
  writeFileSync(file, 'one\n');
  const held = heldToken({ variable: 'HBASE_TOKEN', token: 'one', file });
  assert.equal(held.renew(), false);
  rmSync(file);
  assert.throws(() => held.renew(), /HBASE_TOKEN_FILE .* cannot be read any more/);
  writeFileSync(file, 'another\n');
  assert.equal(held.renew(), true);
  assert.equal(held.current(), 'another');
  assert.equal(held.renew(), false);
});
