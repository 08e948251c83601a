/**
 * Fetches what the daemons and the cameras need, beside the compilation of librdkafka.
 *
 * modules.mjs runs it at the first set-up. It loads nothing that is compiled. What fails here fails once more, with all
 * that a person needs to know, where it is needed (cluster/up.ts, cameras/venv.ts), so this only says that it failed.
 */
import { messageOf } from '../../core/process/errors.ts';
import { stopOrders } from '../../core/process/life.ts';
import { sayOn } from '../../core/process/step-log.ts';
import { ensureVenv } from '../cameras/venv.ts';
import { fetchJars } from '../cluster/jars.ts';
import { stackFrom } from '../stack/stack.ts';

const say = sayOn();
const { stop } = stopOrders();
const works = {
  jars: () => fetchJars(stackFrom(), say, stop),
  python: () => ensureVenv({ say, signal: stop }),
};
await Promise.all(
  Object.entries(works).map(async ([who, work]) => {
    try {
      await work();
    } catch (thrown) {
      say(who, `not fetched yet: ${messageOf(thrown).split('\n')[0]}`);
    }
  }),
);
