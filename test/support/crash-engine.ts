/** `sightline speed --engine spark` with executors that strike (crash-executor.ts); its argument is the trigger. */
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../core/process/config.ts';
import { runCommand } from '../../core/process/life.ts';
import type { TriggerName } from '../../speed-layer/spark/plan.ts';
import { runSparkEngine } from '../../speed-layer/spark/supervisor.ts';

const entry = fileURLToPath(new URL('crash-executor.ts', import.meta.url));
await runCommand(() => runSparkEngine(readConfig(), process.argv[2] as TriggerName, entry));
process.exit();
