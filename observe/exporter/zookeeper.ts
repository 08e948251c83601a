/**
 * What ZooKeeper says about itself, for Prometheus: its own answer to `mntr`, one number a line, with the names as they
 * are.
 *
 * ZooKeeper can serve metrics by itself, but only with a jar that HBase's distribution does not have. `sightline
 * observe` serves this beside the Kafka exporter; a ZooKeeper that does not answer in time makes the scrape fail, so
 * its `up` is 0.
 *
 *   zk_avg_latency	0.1374        name, tab, value; texts such as zk_version and zk_server_state are left out
 */
import { connect } from 'node:net';
import type { Exposition } from '../../core/process/metrics.ts';
import type { HostPort } from '../../core/process/host-port.ts';
import { partsOf } from '../../core/process/host-port.ts';

const LIMIT_MS = 3_000;
const MOST_BYTES = 1_048_576;

export function zookeeperMetrics(server: HostPort): Exposition {
  return {
    contentType: 'text/plain; version=0.0.4; charset=utf-8' as Exposition['contentType'],
    metrics: async () => expositionOf(await answerOf(server)),
  };
}

/** Throws if the answer has no number, which is how ZooKeeper says that it does not serve or does not know `mntr`. */
export function expositionOf(answer: string): string {
  const lines = answer.split('\n').flatMap((line) => {
    const [, name, value] = /^(zk_\w+)\t(-?\d+(?:\.\d+)?)$/.exec(line.trim()) ?? [];
    return name === undefined
      ? []
      : [`# HELP ${name} As ZooKeeper's mntr tells it`, `# TYPE ${name} untyped`, `${name} ${value}`];
  });
  if (lines.length === 0)
    throw new Error(`ZooKeeper answered mntr with ${JSON.stringify(answer.slice(0, 80))}; numbers were expected`);
  return `${lines.join('\n')}\n`;
}

function answerOf(server: HostPort): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...partsOf(server), signal: AbortSignal.timeout(LIMIT_MS) });
    let got = '';
    socket.setEncoding('utf8');
    socket.once('connect', () => socket.write('mntr'));
    socket.on('data', (text: string) => {
      got += text;
      if (got.length > MOST_BYTES) socket.destroy(new Error(`more than ${MOST_BYTES} bytes for mntr`));
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(got));
  });
}
