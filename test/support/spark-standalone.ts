/** Spark's own cluster on loopback: a Master and a Worker, of the Spark that submits. */
import { join } from 'node:path';
import { startDaemon } from './java-daemon.ts';

const DEPLOY = 'org.apache.spark.deploy';

/** `cores` of the Worker, and the memory of all its executors. */
export async function openStandalone(
  folder: string,
  home: string,
  { cores, memory } = { cores: 2, memory: '1g' },
): Promise<{ environment: Record<string, string>; close(): Promise<void> }> {
  const env = { ...process.env, SPARK_HOME: home, SPARK_LOCAL_IP: '127.0.0.1', SPARK_DAEMON_MEMORY: '256m' };
  const program = join(home, 'bin', 'spark-class');
  const start = (name: string, given: readonly string[], ready: RegExp) => {
    const args = [`${DEPLOY}.${name}`, '--host', '127.0.0.1', '--port', '0', '--webui-port', '0', ...given];
    return startDaemon({ program, args, env, logFile: join(folder, 'logs', name), ready });
  };
  const master = await start('master.Master', [], /Starting Spark master at (spark:\/\/[\d.:]+)/);
  const url = master.said[1]!;
  const worker = await start(
    'worker.Worker',
    ['--cores', String(cores), '--memory', memory, '--work-dir', join(folder, 'work'), url],
    /Successfully registered with master/,
  );
  return {
    environment: {
      SPARK_MASTER: url,
      SPARK_LOCAL_IP: '127.0.0.1',
      SPARK_SUBMIT_OPTIONS: '--executor-memory 1g --conf spark.driver.host=127.0.0.1',
    },
    async close() {
      await worker.close();
      await master.close();
    },
  };
}
