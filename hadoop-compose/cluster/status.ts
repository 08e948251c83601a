/** What runs, and whether it can do its work: the answer of `cluster status`, for people and as JSON. */
import { daemonsOf } from './daemons-of.ts';
import type { DaemonName } from './daemons.ts';
import { pidOf } from './processes.ts';
import { logFile } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';

export interface DaemonStatus {
  readonly daemon: DaemonName;
  readonly state: 'ready' | 'not ready' | 'down';
  readonly pid: number | null;
  readonly ports: Readonly<Record<string, number>>;
  /** What is missing while it is not ready. */
  readonly detail: string | null;
  readonly log: string;
}

export async function clusterStatus(stack: Stack): Promise<DaemonStatus[]> {
  return Promise.all(
    daemonsOf(stack).map(async (daemon): Promise<DaemonStatus> => {
      const pid = pidOf(stack, daemon.name) ?? null;
      const missing = pid === null ? null : await daemon.ready(stack).catch((error: Error) => error.message);
      return {
        daemon: daemon.name,
        state: pid === null ? 'down' : missing === undefined ? 'ready' : 'not ready',
        pid,
        ports: Object.fromEntries(daemon.ports.map((name) => [name, stack.ports[name]])),
        detail: missing ?? null,
        log: logFile(stack, daemon.name),
      };
    }),
  );
}

export function statusTable(rows: readonly DaemonStatus[]): string {
  const lines = rows.map(({ daemon, state, pid, ports, detail }) =>
    [
      daemon.padEnd(15),
      state.padEnd(10),
      String(pid ?? '-').padStart(8),
      '  ',
      Object.values(ports).join(', '),
      detail ? `  ${detail}` : '',
    ].join(''),
  );
  return [`${'daemon'.padEnd(15)}${'state'.padEnd(10)}${'pid'.padStart(8)}  ports`, ...lines, ''].join('\n');
}
