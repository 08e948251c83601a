/** The program that an executor of Spark runs: executor.ts on the standard streams of this process. */
import { runCommand } from '../../core/process/life.ts';
import { runExecutor } from './executor.ts';

await runCommand(() => runExecutor({ input: process.stdin, output: process.stdout }, process.env));
process.exit();
