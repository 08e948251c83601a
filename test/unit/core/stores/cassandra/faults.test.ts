/** What the driver's errors mean for the callers of a store: try again, a person, or a bug. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import cassandra from 'cassandra-driver';
import { Refusal, Retryable } from '../../../../../core/process/errors.ts';
import { cassandraFault, isWithoutTables } from '../../../../../core/stores/cassandra/faults.ts';

const { errors, types } = cassandra;
const answered = (code: number, message = 'said so') => new errors.ResponseError(code, message);
const faultOf = (thrown: unknown): Error => cassandraFault('sightline.facts', thrown);

test('what may pass is tried again: too few replicas, a late answer, an overloaded node, nobody there', () => {
  const { responseErrorCodes: codes } = types;
  for (const code of [codes.unavailableException, codes.writeTimeout, codes.readTimeout, codes.overloaded, 0x1700])
    assert.ok(faultOf(answered(code)) instanceof Retryable, `code ${code.toString(16)}`);
  const nobody = new errors.NoHostAvailableError({ '127.0.0.1:9042': new Error('connect ECONNREFUSED') });
  for (const thrown of [nobody, new errors.OperationTimedOutError('late', '127.0.0.1:9042')]) {
    const fault = faultOf(thrown);
    assert.ok(fault instanceof Retryable);
    assert.equal(fault.dependency, 'Cassandra');
  }
  assert.match(faultOf(nobody).message, /sightline\.facts: no node answered \(connect ECONNREFUSED\)/);
});

test('a node that dies amid a comparison is tried again, as the driver itself does not', () => {
  // As the driver makes it; its class is not to be had.
  const closed = Object.assign(new Error('Socket was closed'), { name: 'DriverError', isSocketError: true });
  assert.ok(faultOf(closed) instanceof Retryable);
});

test('a sign-in or a right that is missing needs a person, and the message names the settings', () => {
  const refused = [
    answered(types.responseErrorCodes.unauthorized),
    new errors.AuthenticationError('wrong'),
    new errors.NoHostAvailableError({ a: new errors.AuthenticationError('wrong') }),
  ];
  for (const thrown of refused) {
    const fault = faultOf(thrown);
    assert.ok(fault instanceof Refusal && fault.exitCode === 2);
    assert.match(fault.message, /CASSANDRA_USER/);
  }
});

test('missing tables are told apart from every other invalid question, which is a bug', () => {
  const { invalid } = types.responseErrorCodes;
  for (const message of [
    'table sightline.facts does not exist',
    'keyspace x does not exist',
    'unconfigured table facts',
  ])
    assert.equal(isWithoutTables(faultOf(answered(invalid, message))), true, message);
  const bug = answered(invalid, 'Undefined column name nme');
  assert.equal(faultOf(bug), bug);
  assert.equal(isWithoutTables(bug), false);
  assert.equal(isWithoutTables(faultOf(answered(types.responseErrorCodes.readTimeout))), false);
  assert.equal(faultOf('text').message, 'text');
});

test('a column that an earlier program did not make is a refusal that names "prepare"', () => {
  const fault = faultOf(
    answered(types.responseErrorCodes.invalid, 'Undefined column name doubt in table x.speed_view'),
  );
  assert.ok(fault instanceof Refusal);
  assert.match(fault.message, /"sightline prepare"/);
  assert.equal(isWithoutTables(fault), false);
});

test('a fault that is a Retryable already stays what it is', () => {
  const fault = new Retryable('Cassandra', 'once');
  assert.equal(faultOf(fault), fault);
});
