/** A jar is of its sources and of one Spark: another of either is another name. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { classJarName } from '../../../../../core/stores/spark/class-jar.ts';
import { streamingJarName } from '../../../../../core/stores/spark/streaming-jars.ts';

test('other sources and another SPARK_HOME have other jars', async () => {
  const sources = await mkdtemp(join(tmpdir(), 'sightline-sources-'));
  try {
    await writeFile(join(sources, 'A.java'), 'class A {}');
    const name = await classJarName('footage', sources, '/spark/jars');
    assert.match(name, /^footage-[0-9a-f]{16}\.jar$/);
    assert.equal(await classJarName('footage', sources, '/spark/jars'), name);
    assert.notEqual(await classJarName('footage', sources, '/other/jars'), name);
    const ofEngine = (home: string) => streamingJarName({ SIGHTLINE_HOME: '/none', SPARK_HOME: home }, sources);
    assert.notEqual(await ofEngine('/one'), await ofEngine('/other'));
    await writeFile(join(sources, 'A.java'), 'class A { int b; }');
    assert.notEqual(await classJarName('footage', sources, '/spark/jars'), name);
  } finally {
    await rm(sources, { recursive: true, force: true });
  }
});
