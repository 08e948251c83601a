import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readConfig } from '../../../../core/process/config.ts';
import { EXIT, Refusal } from '../../../../core/process/errors.ts';

function refusalOf(environment: NodeJS.ProcessEnv): Refusal {
  try {
    readConfig(environment);
  } catch (thrown) {
    assert.ok(thrown instanceof Refusal);
    return thrown;
  }
  assert.fail('the configuration was taken');
}

const environment = (given: Record<string, string>): NodeJS.ProcessEnv => given as NodeJS.ProcessEnv;

describe('the configuration', () => {
  it('needs nothing on the first machine', () => {
    const config = readConfig(environment({}));
    assert.equal(config.KAFKA_BROKERS, '127.0.0.1:9092');
    assert.equal(config.EPOCH_SECONDS, 86_400);
    assert.equal(config.KAFKA_DEAD_LETTER_TOPIC, 'detections.dlq');
  });

  it('names every variable at fault in one refusal', () => {
    const refusal = refusalOf(environment({ EPOCH_SECONDS: '7', PORT: 'x', SIGHTLINE_ROOT: 'here', KAFKA_BROKERS: 'no port' }));
    assert.equal(refusal.exitCode, EXIT.usage);
    for (const name of ['EPOCH_SECONDS', 'PORT', 'SIGHTLINE_ROOT', 'KAFKA_BROKERS']) assert.match(refusal.message, new RegExp(name));
  });

  it('reads NAME_FILE in place of NAME, and names a file that cannot be read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sightline-config-'));
    writeFileSync(join(folder, 'user'), 'camera-team\n');
    assert.equal(readConfig(environment({ HADOOP_USER_FILE: join(folder, 'user') })).HADOOP_USER, 'camera-team');
    assert.match(refusalOf(environment({ HADOOP_USER_FILE: join(folder, 'nothing') })).message, /HADOOP_USER_FILE/);
    rmSync(folder, { recursive: true, force: true });
  });

  it('takes an empty variable for one that is not set', () => {
    assert.equal(readConfig(environment({ PORT: '' })).PORT, 3_000);
  });
});
