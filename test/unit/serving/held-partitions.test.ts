/** Partitions that are held because a broker's clock ran ahead, as the API tells them (L5). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../../core/domain/time.ts';
import { NOT_SETTLED } from '../../../core/stores/control/stamp-rows.ts';
import * as answers from '../../../serving/answers.ts';
import { getReadiness } from '../../../serving/http/health.ts';
import { getTrust } from '../../../serving/http/reports.ts';
import { stageOf } from './serving-double.ts';
import { NOW } from './world.ts';

const request = (path: string): Request => new Request(`http://127.0.0.1:3000${path}`);

test('a partition that is held before a stamp is told in trust and readiness, until it is passed, settled or corrected', async () => {
  const stage = stageOf();
  const stamp = NOW + 86_400_000;
  const row = {
    ...NOT_SETTLED,
    change: 3,
    settled: instant(NOW),
    hold: { offset: 7, stamp, since: instant(NOW - 5_000) },
  };
  stage.stamps = [NOT_SETTLED, row];
  stage.progress[1] = { ...stage.progress[1]!, nextOffset: 7 };
  const told = async () =>
    answers.TrustAnswer.strict().parse(await (await getTrust(request('/api/v1/trust'), {}, stage.serving)).json()).held;
  assert.deepEqual(await told(), [
    {
      partition: 1,
      offset: 7,
      stamp,
      since: NOW - 5_000,
      goes_on_at: stamp - 300_000,
      remedy: 'sightline topic correct-stamps --partition 1 --dry-run',
    },
  ]);
  const response = await getReadiness(request('/readyz'), {}, stage.serving);
  const check = answers.ReadyAnswer.parse(await response.json()).checks.find(({ name }) => name === 'partitions');
  assert.equal(response.status, 200);
  assert.match(check!.detail, /Partition 1 is held before offset 7: .*correct-stamps --partition 1/);
  stage.stamps = [NOT_SETTLED, { ...row, corrections: [{ from: 7, to: 9 }] }];
  assert.deepEqual(await told(), []);
  stage.stamps = [NOT_SETTLED, { ...row, settled: instant(stamp) }];
  assert.deepEqual(await told(), []);
});
