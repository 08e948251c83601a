// What the caller must do about an exception follows from its name.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { EXIT, Refusal, Retryable } from '../../../../core/process/errors.ts';
import {
  asHBaseError,
  closedError,
  deadlineError,
  hbaseFault,
  HBaseError,
  protocolError,
  requestError,
  serverError,
} from '../../../../core/hbase/errors.ts';

const P = 'org.apache.hadoop.hbase.';

test('a region that is elsewhere is looked up again', () => {
  for (const name of [
    'NotServingRegionException',
    'exceptions.RegionMovedException',
    'regionserver.WrongRegionException',
    'ipc.ServerNotRunningYetException',
  ]) {
    const error = serverError(P + name, `${P}${name}: Region moved to: hostname=x\n\tat y`);
    assert.equal(error.fate, 'relocate', name);
    assert.equal(error.isAmbiguous, false, name);
    assert.equal(error.message.includes('\n'), false);
  }
});

test('a failed sanity check is a moved region only if the row is out of the range of its region', () => {
  const name = `${P}exceptions.FailedSanityCheckException`;
  assert.equal(
    serverError(name, `${name}: Requested row out of range for doMiniBatchMutation on HRegion x`).fate,
    'relocate',
  );
  assert.equal(serverError(name, `${name}: Timestamp for KV is too far in the future`).fate, 'bug');
});

test('a busy server is waited for', () => {
  for (const name of [
    'RegionTooBusyException',
    'CallQueueTooBigException',
    'exceptions.RegionOpeningException',
    'UnknownScannerException',
  ])
    assert.equal(serverError(P + name, '', true).fate, 'wait', name);
});

test('what resending cannot help is refused', () => {
  for (const name of [
    'TableNotFoundException',
    'regionserver.NoSuchColumnFamilyException',
    'security.AccessDeniedException',
  ])
    assert.equal(serverError(P + name, '').fate, 'refuse', name);
});

test('an exception that nobody listed is waited for and ambiguous, unless the server forbids a retry', () => {
  assert.deepEqual(pick(serverError('java.io.IOException', 'sync failed')), { fate: 'wait', isAmbiguous: true });
  assert.equal(serverError('x.Y$Z', 'w', true).fate, 'bug');
  assert.equal(serverError('x.Y$Z', 'w').exception, 'Z');
});

test('each listed exception has the fate that it is listed with, and nothing else is listed', () => {
  const fatesNow = Object.fromEntries(
    Object.entries(GOLDEN).map(([fate, names]) => [
      fate,
      names
        .split(' ')
        .filter((name) => serverError(P + name, `${P}${name}: because`).fate === fate)
        .join(' '),
    ]),
  );
  assert.deepEqual(fatesNow, GOLDEN);
});

/** Exceptions that servers of HBase 2.6 throw at clients, by what becomes of the call. */
const GOLDEN = {
  relocate:
    'NotServingRegionException RegionMovedException WrongRegionException RegionOfflineException RegionServerStoppedException RegionServerAbortedException ServerNotRunningYetException MasterNotRunningException MasterStoppedException',
  wait: 'RegionOpeningException RegionInRecoveryException RegionTooBusyException TablePartiallyOpenException TableInitializingException CallQueueTooBigException CallDroppedException RpcThrottlingException ThrottlingException RetryImmediatelyException MultiActionResultTooLarge CallTimeoutException WALSyncTimeoutIOException PleaseHoldException UnknownScannerException ScannerResetException OutOfOrderScannerNextException LeaseException',
  refuse:
    'AccessDeniedException AccessControlException AuthorizationException FatalConnectionException UnsupportedCellCodecException UnknownProtocolException TableNotFoundException NamespaceNotFoundException NoSuchColumnFamilyException TableNotEnabledException SpaceLimitingException QuotaExceededException RequestTooBigException RowTooBigException CorruptHFileException',
  anew: 'ProcedureAbortedException DoNotRetryRegionException MergeRegionException',
  bug: 'DoNotRetryIOException FailedSanityCheckException IllegalArgumentException NamespaceExistException TableExistsException TableNotDisabledException ConstraintException InvalidFamilyOperationException UnknownRegionException',
} as const;

test('what may pass is a Retryable for who asked a store', () => {
  const passing = [
    'NotServingRegionException',
    'RegionTooBusyException',
    'ProcedureAbortedException',
    'nobody.listed.Exception',
  ].map((name) => serverError(P + name, ''));
  for (const error of [...passing, deadlineError('a call', 5), protocolError('nonsense')]) {
    const fault = hbaseFault('n:t', error);
    assert.ok(fault instanceof Retryable, error.message);
    assert.equal(fault.dependency, 'HBase');
  }
});

test('what a person must do something about is a Refusal that says what, with an exit code', () => {
  const refusals = [
    [
      'AccessDeniedException',
      EXIT.usage,
      /HBase refuses n:t: AccessDeniedException: because\. Grant the user \(HADOOP_USER/,
    ],
    ['TableNotFoundException', EXIT.usage, /"sightline prepare" creates/],
    ['NoSuchColumnFamilyException', EXIT.usage, /Another version of Sightline/],
    ['TableNotEnabledException', EXIT.dependency_down, /enable 'n:t'\), then start again/],
    ['SpaceLimitingException', EXIT.dependency_down, /quota/],
    ['RequestTooBigException', EXIT.data_check_failed, /hbase\.ipc\.max\.request\.size/],
    ['CorruptHFileException', EXIT.data_check_failed, /damaged/],
  ] as const;
  for (const [name, exitCode, words] of refusals) {
    const fault = hbaseFault('n:t', serverError(P + name, `${P}${name}: because`));
    assert.ok(fault instanceof Refusal, name);
    assert.equal(fault.exitCode, exitCode, name);
    assert.match(fault.message, words);
  }
});

test('a bug stays what it is, with its own stack', () => {
  const bug = new TypeError('x is not a function');
  assert.equal(hbaseFault('n:t', asHBaseError(bug)), bug);
  for (const error of [closedError(), requestError('a put without cells'), serverError(`${P}TableExistsException`, '')])
    assert.equal(hbaseFault('n:t', error), error);
  const known = new HBaseError('wait', 'protocol', 'x');
  assert.equal(asHBaseError(known), known);
});

function pick({ fate, isAmbiguous }: { fate: string; isAmbiguous: boolean }) {
  return { fate, isAmbiguous };
}

test('a sign-in that Kerberos refuses is passed on as it was said', () => {
  const said = new Refusal(EXIT.usage, 'HBase: Kerberos failed at getting a ticket. There is no ticket: run kinit.');
  const error = new HBaseError('refuse', 'Kerberos', said.message, { cause: said });
  assert.equal(hbaseFault('n:t', error), said);
});
