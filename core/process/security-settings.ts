/**
 * How Sightline enters a secured cluster: the settings of TLS, SASL and Kerberos, and what the clients make of them.
 *
 * config.ts reads them with all others and hands on two values: KAFKA_ACCESS to core/stores/kafka, HADOOP_ACCESS to
 * core/hbase and core/stores/hdfs. A combination that cannot work is a fault with its reason, so that a client never
 * meets one. Certificates are PEM; as every setting they may come as NAME_FILE. Without any of these settings the
 * clients speak plain text, as before.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { z } from 'zod';
import { messageOf } from './errors.ts';
import { hostPorts } from './setting-types.ts';

const flag = z.enum(['true', 'false']).default('false');
const service = z.string().regex(/^[A-Za-z0-9_-]+$/, 'expected the first part of a principal, such as hbase');

export const SECURITY_SETTINGS = {
  KAFKA_SECURITY_PROTOCOL: z.enum(['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']).default('PLAINTEXT'),
  /** Certificates of the authorities that brokers are believed by; without it Node's own list. */
  KAFKA_CA: z.string().optional(),
  /** The client's own certificate with its chain, and its key, where brokers ask for one. */
  KAFKA_CERT: z.string().optional(),
  KAFKA_KEY: z.string().optional(),
  KAFKA_SASL_MECHANISM: z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']).optional(),
  KAFKA_SASL_USERNAME: z.string().min(1).optional(),
  KAFKA_SASL_PASSWORD: z.string().min(1).optional(),
  /** simple: HDFS believes the name in HADOOP_USER. */
  HDFS_AUTH: z.enum(['simple', 'kerberos']).default('simple'),
  HBASE_AUTH: z.enum(['simple', 'kerberos']).default('simple'),
  HBASE_TLS: flag,
  /** The first part of the principal of HBase's servers. */
  HBASE_SERVICE: service.default('hbase'),
  /** Who says where HBase's servers are: ZooKeeper, or the masters themselves. */
  HBASE_REGISTRY: z.enum(['zookeeper', 'rpc']).default('zookeeper'),
  HBASE_MASTERS: hostPorts.optional(),
  ZOOKEEPER_AUTH: z.enum(['none', 'sasl']).default('none'),
  ZOOKEEPER_TLS: flag,
  ZOOKEEPER_SERVICE: service.default('zookeeper'),
  /** Who we are to Kerberos. */
  HADOOP_PRINCIPAL: z
    .string()
    .regex(/^[^@\s]+@[^@\s]+$/, 'expected the whole principal, such as speed@EXAMPLE.ORG')
    .optional(),
  /** The path of its keytab; without one the tickets of kinit count. */
  HADOOP_KEYTAB: z.string().min(1).optional(),
  /** For HDFS, HBase and ZooKeeper alike. */
  HADOOP_CA: z.string().optional(),
  HADOOP_CERT: z.string().optional(),
  HADOOP_KEY: z.string().optional(),
};

export type SecuritySettings = z.infer<z.ZodObject<typeof SECURITY_SETTINGS>>;

/** Without `ca` the machine's authorities count. */
export interface TlsIdentity {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface KafkaSasl {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly username: string;
  readonly password: string;
}

export interface KafkaAccess {
  readonly protocol: SecuritySettings['KAFKA_SECURITY_PROTOCOL'];
  /** Null: plain text. */
  readonly tls: TlsIdentity | null;
  readonly sasl: KafkaSasl | null;
}

/** One identity a process: Kerberos keeps its tickets for the whole of it. */
export interface KerberosIdentity {
  /** Undefined: the one whose tickets kinit got. */
  readonly principal: string | undefined;
  readonly keytab: string | undefined;
}

/** A server of HBase or ZooKeeper that we sign in to: the first part of its principal, and who we are. */
export interface ServiceAccess {
  readonly service: string;
  readonly identity: KerberosIdentity;
}

export interface HadoopAccess {
  /** Used wherever an address begins with https. */
  readonly tls: TlsIdentity;
  readonly hdfs: { readonly kerberos: KerberosIdentity | null };
  readonly hbase: {
    readonly tls: TlsIdentity | null;
    readonly kerberos: ServiceAccess | null;
    /** Undefined: ZooKeeper says where the servers are. */
    readonly masters: string | undefined;
  };
  readonly zookeeper: { readonly tls: TlsIdentity | null; readonly kerberos: ServiceAccess | null };
}

/** What the faults need to know of the other settings. */
export interface Surroundings {
  readonly WEBHDFS_URL: string;
  /** Names that the environment set. */
  readonly given: ReadonlySet<string>;
}

export function kafkaAccess(settings: SecuritySettings): KafkaAccess {
  const { KAFKA_SECURITY_PROTOCOL: protocol, KAFKA_SASL_MECHANISM: mechanism } = settings;
  return {
    protocol,
    tls: protocol.endsWith('SSL') ? tlsIdentity(settings.KAFKA_CA, settings.KAFKA_CERT, settings.KAFKA_KEY) : null,
    sasl:
      mechanism === undefined
        ? null
        : { mechanism, username: settings.KAFKA_SASL_USERNAME ?? '', password: settings.KAFKA_SASL_PASSWORD ?? '' },
  };
}

export function hadoopAccess(settings: SecuritySettings): HadoopAccess {
  const identity = { principal: settings.HADOOP_PRINCIPAL, keytab: settings.HADOOP_KEYTAB };
  const tls = tlsIdentity(settings.HADOOP_CA, settings.HADOOP_CERT, settings.HADOOP_KEY);
  return {
    tls,
    hdfs: { kerberos: settings.HDFS_AUTH === 'kerberos' ? identity : null },
    hbase: {
      tls: settings.HBASE_TLS === 'true' ? tls : null,
      kerberos: settings.HBASE_AUTH === 'kerberos' ? { service: settings.HBASE_SERVICE, identity } : null,
      masters: settings.HBASE_REGISTRY === 'rpc' ? settings.HBASE_MASTERS : undefined,
    },
    zookeeper: {
      tls: settings.ZOOKEEPER_TLS === 'true' ? tls : null,
      kerberos: settings.ZOOKEEPER_AUTH === 'sasl' ? { service: settings.ZOOKEEPER_SERVICE, identity } : null,
    },
  };
}

function tlsIdentity(ca: string | undefined, cert: string | undefined, key: string | undefined): TlsIdentity {
  return { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
}

/** Combinations that cannot work, each with its reason. */
export function securityFaults(settings: SecuritySettings, surroundings: Surroundings): string[] {
  return [
    ...kafkaFaults(settings),
    ...kerberosFaults(settings, surroundings),
    ...registryFaults(settings, surroundings),
    ...tlsFaults(settings, surroundings),
  ];
}

function kafkaFaults(settings: SecuritySettings): string[] {
  const { KAFKA_SECURITY_PROTOCOL: protocol, KAFKA_SASL_MECHANISM: mechanism } = settings;
  const sasl = ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const;
  const tls = ['KAFKA_CA', 'KAFKA_CERT', 'KAFKA_KEY'] as const;
  const faults: string[] = [];
  if (protocol.startsWith('SASL')) {
    for (const name of sasl.filter((one) => !settings[one]))
      faults.push(`${name}: KAFKA_SECURITY_PROTOCOL=${protocol} signs in with it, and it is not set`);
    if (protocol === 'SASL_PLAINTEXT' && mechanism === 'PLAIN')
      faults.push('KAFKA_SASL_MECHANISM: PLAIN would send the password in plain text; use SASL_SSL, or SCRAM');
  } else
    for (const name of sasl.filter((one) => settings[one]))
      faults.push(`${name}: KAFKA_SECURITY_PROTOCOL=${protocol} does not sign in; set SASL_SSL, or leave it out`);
  if (!protocol.endsWith('SSL'))
    for (const name of tls.filter((one) => settings[one]))
      faults.push(`${name}: KAFKA_SECURITY_PROTOCOL=${protocol} has no TLS; set SSL or SASL_SSL, or leave it out`);
  return [...faults, ...pemFaults(settings, ...tls)];
}

function kerberosFaults(settings: SecuritySettings, { given }: Surroundings): string[] {
  const { HADOOP_PRINCIPAL: principal, HADOOP_KEYTAB: keytab } = settings;
  const users = [
    settings.HDFS_AUTH === 'kerberos' ? 'HDFS' : '',
    settings.HBASE_AUTH === 'kerberos' ? 'HBase' : '',
    settings.ZOOKEEPER_AUTH === 'sasl' ? 'ZooKeeper' : '',
  ].filter(Boolean);
  const faults: string[] = [];
  if (users.length === 0)
    for (const name of ['HADOOP_PRINCIPAL', 'HADOOP_KEYTAB'] as const)
      if (settings[name] !== undefined)
        faults.push(
          `${name}: nothing signs in with Kerberos; set HDFS_AUTH=kerberos, HBASE_AUTH=kerberos or ` +
            'ZOOKEEPER_AUTH=sasl, or leave it out',
        );
  if (keytab !== undefined && principal === undefined)
    faults.push('HADOOP_PRINCIPAL: HADOOP_KEYTAB may hold several principals; say which one we are');
  if (keytab !== undefined && !isReadable(keytab))
    faults.push(`HADOOP_KEYTAB: ${keytab} cannot be read by the user of this process`);
  if (given.has('HADOOP_USER') && users.includes('HDFS') && users.includes('HBase'))
    faults.push('HADOOP_USER: HDFS and HBase take the user from the principal; leave it out');
  return faults;
}

function registryFaults(settings: SecuritySettings, { given }: Surroundings): string[] {
  if (settings.HBASE_REGISTRY === 'zookeeper')
    return settings.HBASE_MASTERS === undefined
      ? []
      : ['HBASE_MASTERS: HBASE_REGISTRY=zookeeper does not ask the masters; set HBASE_REGISTRY=rpc, or leave it out'];
  const idle = ['HBASE_ZOOKEEPER', 'HBASE_ZNODE', 'ZOOKEEPER_AUTH', 'ZOOKEEPER_TLS', 'ZOOKEEPER_SERVICE'];
  return [
    ...(settings.HBASE_MASTERS === undefined
      ? ['HBASE_MASTERS: HBASE_REGISTRY=rpc asks these masters (host:port[,host:port]), and none is named']
      : []),
    ...idle
      .filter((name) => given.has(name))
      .map((name) => `${name}: HBASE_REGISTRY=rpc asks no ZooKeeper; leave it out`),
  ];
}

function tlsFaults(settings: SecuritySettings, { WEBHDFS_URL }: Surroundings): string[] {
  const names = ['HADOOP_CA', 'HADOOP_CERT', 'HADOOP_KEY'] as const;
  const isUsed = WEBHDFS_URL.startsWith('https:') || settings.HBASE_TLS === 'true' || settings.ZOOKEEPER_TLS === 'true';
  const idle = isUsed ? [] : names.filter((name) => settings[name]);
  return [
    ...idle.map(
      (name) =>
        `${name}: nothing speaks TLS; set HBASE_TLS=true or ZOOKEEPER_TLS=true, or an https:// address in ` +
        'WEBHDFS_URL, or leave it out',
    ),
    ...pemFaults(settings, ...names),
  ];
}

type PemName = 'KAFKA_CA' | 'KAFKA_CERT' | 'KAFKA_KEY' | 'HADOOP_CA' | 'HADOOP_CERT' | 'HADOOP_KEY';

function pemFaults(settings: SecuritySettings, caName: PemName, certName: PemName, keyName: PemName): string[] {
  const faults: string[] = [];
  const [ca, cert, key] = [settings[caName], settings[certName], settings[keyName]];
  if (cert !== undefined && key === undefined) faults.push(`${keyName}: ${certName} is of no use without its key`);
  if (key !== undefined && cert === undefined)
    faults.push(`${certName}: ${keyName} is of no use without a certificate`);
  for (const [name, text] of [
    [caName, ca],
    [certName, cert],
  ] as const)
    if (text !== undefined && certificateIn(text) === null)
      faults.push(
        `${name}: expected certificates in PEM ("-----BEGIN CERTIFICATE-----"), or ${name}_FILE=<path>; ` +
          'found something else',
      );
  if (key === undefined) return faults;
  try {
    const own = createPrivateKey(key);
    const certificate = cert === undefined ? null : certificateIn(cert);
    if (certificate !== null && !certificate.checkPrivateKey(own))
      faults.push(`${keyName}: it is not the key of ${certName}`);
  } catch (fault) {
    // Node's message names the kind of fault and never the key.
    faults.push(`${keyName}: expected a private key in PEM without a password, and found none (${messageOf(fault)})`);
  }
  return faults;
}

function certificateIn(text: string): X509Certificate | null {
  try {
    return new X509Certificate(text);
  } catch {
    return null;
  }
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
