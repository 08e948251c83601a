/** What libkrb5 says, as a person hears it: who, to whom, at which step, and what to do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kerberosFault } from '../../../../core/process/kerberos.ts';

const identity = { principal: 'speed@EXAMPLE.ORG', keytab: '/etc/speed.keytab' };
const target = { dependency: 'HBase', service: 'hbase', host: 'node7.example.org' };
const said = (minor: string): Error =>
  kerberosFault(
    identity,
    target,
    'getting a ticket',
    new Error(`Unspecified GSS failure.  Minor code may provide more information: ${minor}`),
  );

const REFUSED: [string, RegExp][] = [
  ['Clock skew too great', /clocks of this machine and of the KDC or the server differ/],
  ['Ticket expired', /run kinit again/],
  ["Can't find client principal speed@EXAMPLE.ORG in cache collection", /"klist -k" and "klist"/],
  ['No Kerberos credentials available', /There is no ticket: run kinit/],
  ['Server hbase/node7@EXAMPLE.ORG not found in Kerberos database', /knows no such server/],
  ['Preauthentication failed', /key in HADOOP_KEYTAB is an old one/],
  ['Something new', /KRB5_TRACE/],
];

for (const [minor, remedy] of REFUSED)
  test(`"${minor}" is refused with the principal, the server, the step and what to do`, () => {
    const fault = said(minor);
    assert.equal(fault.name, 'Refusal');
    assert.match(
      fault.message,
      /^HBase: Kerberos failed at getting a ticket \(speed@EXAMPLE\.ORG, keytab \/etc\/speed\.keytab to hbase@node7\.example\.org\): /,
    );
    assert.match(fault.message, new RegExp(remedy.source, 'i'));
  });

test('a KDC that is away may come back', () => {
  assert.equal(said('Cannot contact any KDC for realm EXAMPLE.ORG').name, 'Retryable');
});
