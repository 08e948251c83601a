import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkAnswer, configRequest } from '../../../../../core/stores/kafka/topic-configs.ts';
import { Refusal } from '../../../../../core/process/errors.ts';

const answer = (error: string, message = 'ffff'): Buffer =>
  Buffer.from(`00000001${'00000000'}00000001${error}${message}02000161`, 'hex');
const MESSAGE = `0002${Buffer.from('no').toString('hex')}`;

describe('a change of settings', () => {
  it('names the topic, the setting and its value, and no other setting', () => {
    const golden = [
      '00000036',
      '002c',
      '0000',
      '00000001',
      '0009',
      Buffer.from('sightline').toString('hex'),
      '00000001',
      '02',
      '000161',
    ];
    const entry = [
      '00000001',
      '000c',
      Buffer.from('retention.ms').toString('hex'),
      '00',
      '0005',
      Buffer.from('60000').toString('hex'),
      '00',
    ];
    assert.equal(configRequest('a', { 'retention.ms': '60000' }).toString('hex'), [...golden, ...entry].join(''));
  });

  it('is done when the answer says so, and refused for good where it does', () => {
    checkAnswer(answer('0000'));
    assert.throws(
      () => checkAnswer(answer('001d', MESSAGE)),
      (thrown) => thrown instanceof Refusal && /error code 29\): no/.test(thrown.message),
    );
    assert.throws(() => checkAnswer(answer('0003', MESSAGE)), RangeError);
  });

  it('is not taken for done from a truncated answer', () => {
    for (let length = 0; length < 16; length++)
      assert.throws(() => checkAnswer(answer('0000').subarray(0, length)), `${length} bytes`);
    assert.throws(() => checkAnswer(answer('001d', MESSAGE).subarray(0, 17)), RangeError);
  });
});
