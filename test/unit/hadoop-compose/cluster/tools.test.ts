// A machine without a usable Java, and the versions that JVMs give themselves.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { findJava, javaVersion } from '../../../../hadoop-compose/cluster/tools.ts';
import { jarSetFolder, jarSetNames, pins, pomOf } from '../../../../hadoop-compose/stack/versions.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-tools-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a version is read from what new and old JVMs say', () => {
  assert.equal(javaVersion('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment'), 17);
  assert.equal(javaVersion('java version "1.8.0_402"'), 8);
  assert.equal(javaVersion('openjdk version "21" 2023-09-19'), 21);
  assert.equal(javaVersion('command not found'), undefined);
});

test('a machine without Java is told what to install', async () => {
  await assert.rejects(
    findJava({ JAVA_HOME: join(folder, 'nothing') }),
    /No Java was found[\s\S]*Install a JDK of version 17/,
  );
});

test('a Java that is too old is named with its version', async () => {
  const bin = join(folder, 'old', 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'java'), '#!/bin/sh\necho \'openjdk version "11.0.2" 2019-01-15\' >&2\n');
  chmodSync(join(bin, 'java'), 0o755);
  await assert.rejects(findJava({ JAVA_HOME: join(folder, 'old') }), /"11\.0\.2"[\s\S]*17 or newer is needed/);
});

test('every pin is an exact version and stands in the pom of its set', () => {
  for (const set of jarSetNames) {
    assert.match(jarSetFolder(set), new RegExp(`^${set}-[0-9a-f]{12}$`));
    for (const pin of pins[set]) {
      const [, artifact, version] =
        /^[\w.-]+:([\w.-]+):(\d[\w.-]*)(?::alone)?$/.exec(pin) ?? assert.fail(`${pin} is no pin`);
      assert.ok(pomOf(set).includes(`<artifactId>${artifact}</artifactId><version>${version}</version>`));
    }
  }
});
