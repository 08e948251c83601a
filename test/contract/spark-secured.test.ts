/**
 * The engine on Spark on a secured stack (`npm run test:spark`): Spark's client of Kafka signs in with SCRAM over TLS,
 * and the process that decides enters HBase with Kerberos and TLS, both as the user of the speed layer and with no more
 * rights than a worker has. Spark publishes what was counted, as the user of the batch layer on HDFS with Kerberos.
 */
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { readConfig } from '../../core/process/config.ts';
import { administrator, environmentOf } from '../../hadoop-compose/secured/identity.ts';
import { ensureStreaming } from '../../hadoop-compose/spark/streaming.ts';
import { TRIGGERS } from '../../speed-layer/spark/plan.ts';
import { dropSecured, quiet, startSecured } from '../support/secured-life.ts';
import type { Published } from '../support/secured-stack.ts';
import { countOnce, publishAll, securedStackIn } from '../support/secured-stack.ts';
import { sparkHome } from '../support/spark-masters.ts';

const isAsked = process.env.SIGHTLINE_SPARK_MASTERS !== undefined;
const home = mkdtempSync(join(tmpdir(), 'sightline-spark-secured-'));
/** Beside the stack of the tests, and that of secured.test.ts. */
const stack = securedStackIn(home, 3_500);
const limit = { timeout: 900_000 };
const EPOCH_SECONDS = 15;
const OWN: Record<string, string> = { SIGHTLINE_HOME: home, EPOCH_SECONDS: String(EPOCH_SECONDS) };
let speed: Record<string, string | undefined>;

if (isAsked) {
  before(async () => {
    await startSecured(stack, home);
    OWN.SPARK_HOME = await sparkHome();
    speed = { ...environmentOf(stack, 'speed'), ...OWN };
    const config = readConfig(speed as NodeJS.ProcessEnv);
    await ensureStreaming(config, { environment: process.env, say: quiet });
  }, limit);
  after(async () => {
    await dropSecured(stack, home);
  }, limit);
}

let earlier = 0;
for (const trigger of isAsked ? TRIGGERS : [])
  test(`${trigger}: Spark counts and publishes, each as its user, and no log holds a secret`, limit, async () => {
    const options = ['--engine', 'spark', '--trigger', trigger];
    let published: Published | undefined;
    const { sent, counted, said } = await countOnce(environmentOf(stack, 'cameras'), speed, administrator(stack), {
      options,
      counted: earlier,
      meanwhile: async () => {
        await pause(EPOCH_SECONDS * 1_000);
        published = await publishAll({ ...environmentOf(stack, 'batch'), ...OWN }, 'spark');
      },
    });
    assert.equal(counted - earlier, sent, said);
    assert.deepEqual(published, { rows: sent, results: ['proved'] });
    earlier = counted;
    const { sasl } = readConfig(speed as NodeJS.ProcessEnv).KAFKA_ACCESS;
    assert.ok(sasl !== null && 'password' in sasl);
    assert.ok(!said.includes(sasl.password));
  });
