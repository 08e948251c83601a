/**
 * What Prometheus and Alertmanager are told on this machine: where targets are written down, which rules hold, and how
 * much disk may be used.
 *
 * observe.ts writes these files and starts both with the arguments. All addresses are loopback; what is scraped has
 * limits, so that no process can fill the disk. On a cluster the same rules are loaded by its own Prometheus
 * (docs/operations.md).
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Target } from '../../core/process/metrics-target.ts';
import { loopback } from '../stack/ports.ts';
import { confFolder, dataFolder, targetsFolder } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';

export const RULES = fileURLToPath(new URL('../../observe/rules', import.meta.url));
/** Often enough that an answer that is late shows within half a minute; a scrape of the region server is a megabyte. */
const SCRAPE_SECONDS = 10;
const KEPT = { time: '7d', size: '1GB' };
const MOST_SAMPLES = 50_000;

export const prometheusFile = (stack: Stack): string => join(confFolder(stack, 'observe'), 'prometheus.yml');

export function prometheusYaml(stack: Stack, scrapeSeconds = SCRAPE_SECONDS, rules = RULES): string {
  return `# Written by "sightline observe" at each start.
global:
  scrape_interval: ${scrapeSeconds}s
  scrape_timeout: ${Math.min(scrapeSeconds, 10)}s
  evaluation_interval: ${scrapeSeconds}s
rule_files:
  - '${rules}/*.rules.yml'
alerting:
  alertmanagers:
    - static_configs:
        - targets: ['${loopback}:${stack.ports.alertmanager}']
scrape_configs:
  - job_name: sightline
    # Each file says which job it is, and HBase's and Hadoop's have a path of their own.
    file_sd_configs:
      - files: ['${targetsFolder(stack)}/*.json']
        refresh_interval: 30s
    sample_limit: ${MOST_SAMPLES}
    body_size_limit: 32MB
    metric_relabel_configs:
      # HBase's numbers of every single region: thousands of series that nothing here asks for.
      - source_labels: [__name__]
        regex: 'regions_.*'
        action: drop
      # Hadoop writes a number that grows into a label, which would make new series with every scrape.
      - regex: totalsynctimes
        action: labeldrop
`;
}

export function prometheusArgs(stack: Stack): string[] {
  return [
    `--config.file=${prometheusFile(stack)}`,
    `--storage.tsdb.path=${dataFolder(stack, 'prometheus')}`,
    `--storage.tsdb.retention.time=${KEPT.time}`,
    `--storage.tsdb.retention.size=${KEPT.size}`,
    `--web.listen-address=${loopback}:${stack.ports.prometheus}`,
    `--web.external-url=http://${loopback}:${stack.ports.prometheus}/`,
  ];
}

/** `config`: a configuration of the operator's own, with receivers that reach somebody. */
export function alertmanagerArgs(stack: Stack, config = join(RULES, 'alertmanager.yml')): string[] {
  return [
    `--config.file=${config}`,
    `--storage.path=${dataFolder(stack, 'alertmanager')}`,
    '--data.retention=120h',
    `--web.listen-address=${loopback}:${stack.ports.alertmanager}`,
    `--web.external-url=http://${loopback}:${stack.ports.alertmanager}/`,
    // One alone: it looks for no others.
    '--cluster.listen-address=',
  ];
}

/** What does not announce itself: the daemons, and the two observers. */
export function daemonTargets({ ports, cassandraNodes }: Stack, zookeeperPort: number): Target[] {
  const target = (job: string, port: number, path = '/metrics'): Target => ({
    targets: [`${loopback}:${port}`],
    labels: { job, instance: job, __metrics_path__: path },
  });
  return [
    target('prometheus', ports.prometheus),
    target('alertmanager', ports.alertmanager),
    target('kafka-exporter', ports.kafkaExporter),
    ...(cassandraNodes ? [] : [target('zookeeper', zookeeperPort)]),
    target('namenode', ports.namenodeHttp, '/prom'),
    target('datanode', ports.datanodeHttp, '/prom'),
    ...(cassandraNodes
      ? []
      : [
          target('hbase-master', ports.masterInfo, '/prometheus'),
          target('hbase-regionserver', ports.regionserverInfo, '/prometheus'),
        ]),
  ];
}
