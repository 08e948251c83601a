/**
 * The ports of the stack on this machine, and the only place that names them.
 *
 * Each has a variable of its own; `SIGHTLINE_PORT_BASE_OFFSET` moves them all, so that a second stack can run beside
 * the first. A port that is named by its own variable is taken as it is, without the offset. Every daemon binds to
 * `loopback`: nothing here can be reached from another machine.
 */
import { blockedPortText, isBlockedPort } from '../../core/process/blocked-ports.ts';
import { EXIT } from '../../core/process/errors.ts';
import { ClusterError } from './errors.ts';

export const loopback = '127.0.0.1';

export const portTable = {
  kafka: { port: 9092, variable: 'SIGHTLINE_KAFKA_PORT' },
  kafkaController: { port: 9093, variable: 'SIGHTLINE_KAFKA_CONTROLLER_PORT' },
  zookeeper: { port: 2181, variable: 'SIGHTLINE_ZOOKEEPER_PORT' },
  namenode: { port: 8020, variable: 'SIGHTLINE_NAMENODE_PORT' },
  namenodeHttp: { port: 9870, variable: 'SIGHTLINE_NAMENODE_HTTP_PORT' },
  datanode: { port: 9866, variable: 'SIGHTLINE_DATANODE_PORT' },
  datanodeHttp: { port: 9864, variable: 'SIGHTLINE_DATANODE_HTTP_PORT' },
  datanodeIpc: { port: 9867, variable: 'SIGHTLINE_DATANODE_IPC_PORT' },
  master: { port: 16000, variable: 'SIGHTLINE_HBASE_MASTER_PORT' },
  masterInfo: { port: 16010, variable: 'SIGHTLINE_HBASE_MASTER_INFO_PORT' },
  regionserver: { port: 16020, variable: 'SIGHTLINE_HBASE_REGIONSERVER_PORT' },
  regionserverInfo: { port: 16030, variable: 'SIGHTLINE_HBASE_REGIONSERVER_INFO_PORT' },
  /** Of a stack with `--ha` alone: the second and the third of each. */
  kafka2: { port: 9082, variable: 'SIGHTLINE_KAFKA2_PORT' },
  kafka2Controller: { port: 9083, variable: 'SIGHTLINE_KAFKA2_CONTROLLER_PORT' },
  kafka3: { port: 9084, variable: 'SIGHTLINE_KAFKA3_PORT' },
  kafka3Controller: { port: 9085, variable: 'SIGHTLINE_KAFKA3_CONTROLLER_PORT' },
  namenode2: { port: 8022, variable: 'SIGHTLINE_NAMENODE2_PORT' },
  namenode2Http: { port: 9872, variable: 'SIGHTLINE_NAMENODE2_HTTP_PORT' },
  journal: { port: 8485, variable: 'SIGHTLINE_JOURNALNODE_PORT' },
  journalHttp: { port: 8480, variable: 'SIGHTLINE_JOURNALNODE_HTTP_PORT' },
  failover: { port: 8018, variable: 'SIGHTLINE_FAILOVER_PORT' },
  failover2: { port: 8019, variable: 'SIGHTLINE_FAILOVER2_PORT' },
  master2: { port: 16001, variable: 'SIGHTLINE_HBASE_MASTER2_PORT' },
  master2Info: { port: 16011, variable: 'SIGHTLINE_HBASE_MASTER2_INFO_PORT' },
  regionserver2: { port: 16021, variable: 'SIGHTLINE_HBASE_REGIONSERVER2_PORT' },
  regionserver2Info: { port: 16031, variable: 'SIGHTLINE_HBASE_REGIONSERVER2_INFO_PORT' },
  /** Of a secured stack alone. */
  kdc: { port: 10088, variable: 'SIGHTLINE_KDC_PORT' },
  cassandra: { port: 9042, variable: 'SIGHTLINE_CASSANDRA_PORT' },
  cassandraStorage: { port: 7000, variable: 'SIGHTLINE_CASSANDRA_STORAGE_PORT' },
  prometheus: { port: 9090, variable: 'SIGHTLINE_PROMETHEUS_PORT' },
  // Its own choice is the port of Kafka's controller.
  alertmanager: { port: 9095, variable: 'SIGHTLINE_ALERTMANAGER_PORT' },
  kafkaExporter: { port: 9308, variable: 'SIGHTLINE_KAFKA_EXPORTER_PORT' },
} as const;

export type PortName = keyof typeof portTable;
/** What answers over HTTP: our own probes ask there by fetch, people by their browsers. */
const WEB_PORTS: readonly PortName[] = [
  'namenodeHttp',
  'namenode2Http',
  'journalHttp',
  'datanodeHttp',
  'masterInfo',
  'master2Info',
  'regionserverInfo',
  'regionserver2Info',
  'prometheus',
  'alertmanager',
  'kafkaExporter',
];
export type Ports = Readonly<Record<PortName, number>>;
export const portNames = Object.keys(portTable) as PortName[];

type Environment = Readonly<Record<string, string | undefined>>;

/** How far the ports of a secured stack lie above those of a plain one, so that both run side by side. */
export const SECURED_OFFSET = 10_000;

/** Reads all ports at once; every fault is named in one error. */
export function portsFrom(env: Environment, ownOffset = 0): Ports {
  const faults: string[] = [];
  const offset = ownOffset + wholeNumber(env, 'SIGHTLINE_PORT_BASE_OFFSET', 0, faults);
  const entries = portNames.map((name) => {
    const { port, variable } = portTable[name];
    const chosen = env[variable] ? wholeNumber(env, variable, port, faults) : port + offset;
    if (chosen < 1 || chosen > 65_535) faults.push(`${variable}: port ${chosen} is not between 1 and 65535`);
    else if (WEB_PORTS.includes(name) && isBlockedPort(chosen)) faults.push(`${variable}: ${blockedPortText(chosen)}`);
    return [name, chosen] as const;
  });
  const owners = new Map<number, PortName>();
  for (const [name, port] of entries) {
    const other = owners.get(port);
    if (other) faults.push(`${portTable[name].variable} and ${portTable[other].variable} are both ${port}`);
    owners.set(port, name);
  }
  if (faults.length > 0)
    throw new ClusterError(`The ports of the stack are not usable:\n  ${faults.join('\n  ')}`, EXIT.usage);
  return Object.fromEntries(entries) as Record<PortName, number>;
}

/** The host in the addresses of a stack: certificates and principals hold a name. */
export const hostOf = ({ isSecured = false }: { readonly isSecured?: boolean }): string =>
  isSecured ? 'localhost' : loopback;

/** What the layers have to be told to find this stack: the variables of their configuration. */
export function addressesOf(
  ports: Ports,
  isSecured = false,
): Record<'KAFKA_BROKERS' | 'HBASE_ZOOKEEPER' | 'WEBHDFS_URL', string> {
  const host = hostOf({ isSecured });
  return {
    KAFKA_BROKERS: `${host}:${ports.kafka}`,
    HBASE_ZOOKEEPER: `${host}:${ports.zookeeper}`,
    WEBHDFS_URL: `${isSecured ? 'https' : 'http'}://${host}:${ports.namenodeHttp}`,
  };
}

function wholeNumber(env: Environment, name: string, fallback: number, faults: string[]): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  if (/^-?\d{1,6}$/.test(text)) return Number(text);
  faults.push(`${name}: '${text}' is not a whole number`);
  return fallback;
}
