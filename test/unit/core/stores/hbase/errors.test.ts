// What the caller must do about an exception follows from its name.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { serverError } from '../../../../../core/stores/hbase/errors.ts';

const P = 'org.apache.hadoop.hbase.';

test('a region that is elsewhere is looked up again', () => {
  for (const name of ['NotServingRegionException', 'exceptions.RegionMovedException', 'regionserver.WrongRegionException', 'ipc.ServerNotRunningYetException']) {
    const error = serverError(P + name, `${P}${name}: Region moved to: hostname=x\n\tat y`);
    assert.equal(error.fate, 'relocate', name);
    assert.equal(error.ambiguous, false, name);
    assert.equal(error.message.includes('\n'), false);
  }
});

test('a failed sanity check is a moved region only if the row is out of the range of its region', () => {
  const name = `${P}exceptions.FailedSanityCheckException`;
  assert.equal(serverError(name, `${name}: Requested row out of range for doMiniBatchMutation on HRegion x`).fate, 'relocate');
  assert.equal(serverError(name, `${name}: Timestamp for KV is too far in the future`).fate, 'give-up');
});

test('a busy server is waited for', () => {
  for (const name of ['RegionTooBusyException', 'CallQueueTooBigException', 'exceptions.RegionOpeningException', 'UnknownScannerException'])
    assert.equal(serverError(P + name, '', true).fate, 'wait', name);
});

test('what resending cannot help is given up', () => {
  for (const name of ['TableNotFoundException', 'regionserver.NoSuchColumnFamilyException', 'security.AccessDeniedException'])
    assert.equal(serverError(P + name, '').fate, 'give-up', name);
});

test('an exception that nobody listed is waited for and ambiguous, unless the server forbids a retry', () => {
  assert.deepEqual(pick(serverError('java.io.IOException', 'sync failed')), { fate: 'wait', ambiguous: true });
  assert.equal(serverError('x.Y$Z', 'w', true).fate, 'give-up');
  assert.equal(serverError('x.Y$Z', 'w').exception, 'Z');
});

function pick({ fate, ambiguous }: { fate: string; ambiguous: boolean }) {
  return { fate, ambiguous };
}
