/**
 * How Sightline enters a secured cluster: the settings of TLS, SASL and Kerberos, and what the clients make of them.
 *
 * config.ts reads them with all others and hands on two values: KAFKA_ACCESS to core/stores/kafka, HADOOP_ACCESS to
 * core/hbase and core/stores/hdfs. A combination that cannot work is a fault with its reason, so that a client never
 * meets one. Certificates are PEM; as every setting they may come as NAME_FILE. Without any of these settings the
 * clients speak plain text, as before. kafka-access.ts and hdfs-access.ts hold what concerns one of them alone.
 */
import { accessSync, constants } from 'node:fs';
import { z } from 'zod';
import { decodeToken } from './hadoop-token.ts';
import type { HdfsCredential } from './hdfs-access.ts';
import { HDFS_SETTINGS, hdfsCredential, hdfsFaults, nameNodesOf } from './hdfs-access.ts';
import type { GivenToken } from './held-token.ts';
import { KAFKA_SETTINGS, kafkaFaults } from './kafka-access.ts';
import type { TlsIdentity } from './pem.ts';
import { pemFaults, tlsIdentity } from './pem.ts';
import { hostPorts } from './setting-types.ts';

const flag = z.enum(['true', 'false']).default('false');
const service = z.string().regex(/^[A-Za-z0-9_-]+$/, 'expected the first part of a principal, such as hbase');

const HBASE_TOKEN_KIND = 'HBASE_AUTH_TOKEN';

export const SECURITY_SETTINGS = {
  ...KAFKA_SETTINGS,
  ...HDFS_SETTINGS,
  HBASE_AUTH: z.enum(['simple', 'kerberos', 'token']).default('simple'),
  /** HBASE_AUTH=token: as Hadoop writes a token. */
  HBASE_TOKEN: z
    .string()
    .refine((text) => decodeToken(text)?.kind === HBASE_TOKEN_KIND, {
      error: `expected a token of kind ${HBASE_TOKEN_KIND} in the text form of Hadoop (Token.encodeToUrlString)`,
    })
    .optional(),
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
  readonly hdfs: {
    readonly kerberos: KerberosIdentity | null;
    /** Null: a name, or the cookie that a ticket is exchanged for. */
    readonly credential: HdfsCredential | null;
  };
  readonly hbase: {
    readonly tls: TlsIdentity | null;
    readonly kerberos: ServiceAccess | null;
    readonly token: GivenToken | null;
    /** Undefined: ZooKeeper says where the servers are. */
    readonly masters: string | undefined;
  };
  readonly zookeeper: { readonly tls: TlsIdentity | null; readonly kerberos: ServiceAccess | null };
}

/** What the faults need to know of the other settings. */
export interface Surroundings {
  /** Names that the environment set. */
  readonly given: ReadonlySet<string>;
}

/** `files`: which settings came out of which file. */
export function hadoopAccess(settings: SecuritySettings, files: ReadonlyMap<string, string>): HadoopAccess {
  const identity = { principal: settings.HADOOP_PRINCIPAL, keytab: settings.HADOOP_KEYTAB };
  const tls = tlsIdentity(settings.HADOOP_CA, settings.HADOOP_CERT, settings.HADOOP_KEY);
  return {
    tls,
    hdfs: {
      kerberos: settings.HDFS_AUTH === 'kerberos' ? identity : null,
      credential: hdfsCredential(settings, files),
    },
    hbase: {
      tls: settings.HBASE_TLS === 'true' ? tls : null,
      kerberos: settings.HBASE_AUTH === 'kerberos' ? { service: settings.HBASE_SERVICE, identity } : null,
      token:
        settings.HBASE_AUTH === 'token'
          ? { variable: 'HBASE_TOKEN', token: settings.HBASE_TOKEN ?? '', file: files.get('HBASE_TOKEN') }
          : null,
      masters: settings.HBASE_REGISTRY === 'rpc' ? settings.HBASE_MASTERS : undefined,
    },
    zookeeper: {
      tls: settings.ZOOKEEPER_TLS === 'true' ? tls : null,
      kerberos: settings.ZOOKEEPER_AUTH === 'sasl' ? { service: settings.ZOOKEEPER_SERVICE, identity } : null,
    },
  };
}

/** Combinations that cannot work, each with its reason. */
export function securityFaults(settings: SecuritySettings, surroundings: Surroundings): string[] {
  return [
    ...kafkaFaults(settings),
    ...hdfsFaults(settings, surroundings.given),
    ...hbaseTokenFaults(settings),
    ...kerberosFaults(settings, surroundings),
    ...registryFaults(settings, surroundings),
    ...tlsFaults(settings),
  ];
}

function hbaseTokenFaults({ HBASE_AUTH: auth, HBASE_TOKEN: token }: SecuritySettings): string[] {
  if (auth === 'token')
    return token === undefined ? ['HBASE_TOKEN: HBASE_AUTH=token enters with it, and it is not set'] : [];
  return token === undefined
    ? []
    : [`HBASE_TOKEN: HBASE_AUTH=${auth} does not use it; set HBASE_AUTH=token, or leave it out`];
}

function kerberosFaults(settings: SecuritySettings, { given }: Surroundings): string[] {
  const { HADOOP_PRINCIPAL: principal, HADOOP_KEYTAB: keytab } = settings;
  const users = [
    settings.HDFS_AUTH === 'kerberos' ? 'HDFS' : '',
    settings.HBASE_AUTH === 'kerberos' ? 'HBase' : '',
    settings.ZOOKEEPER_AUTH === 'sasl' ? 'ZooKeeper' : '',
    settings.KAFKA_SASL_MECHANISM === 'GSSAPI' ? 'Kafka' : '',
  ].filter(Boolean);
  const faults: string[] = [];
  if (users.length === 0)
    for (const name of ['HADOOP_PRINCIPAL', 'HADOOP_KEYTAB'] as const)
      if (settings[name] !== undefined)
        faults.push(
          `${name}: nothing signs in with Kerberos; set HDFS_AUTH=kerberos, HBASE_AUTH=kerberos, ` +
            'ZOOKEEPER_AUTH=sasl or KAFKA_SASL_MECHANISM=GSSAPI, or leave it out',
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

function tlsFaults(settings: SecuritySettings): string[] {
  const names = ['HADOOP_CA', 'HADOOP_CERT', 'HADOOP_KEY'] as const;
  const isUsed =
    nameNodesOf(settings).some((url) => url.startsWith('https:')) ||
    settings.HBASE_TLS === 'true' ||
    settings.ZOOKEEPER_TLS === 'true';
  const [ca, cert, key] = names.map((name) => ({ name, text: settings[name] }));
  const idle = isUsed ? [] : names.filter((name) => settings[name]);
  return [
    ...idle.map(
      (name) =>
        `${name}: nothing speaks TLS; set HBASE_TLS=true or ZOOKEEPER_TLS=true, or an https:// address in ` +
        'WEBHDFS_URL or WEBHDFS_URLS, or leave it out',
    ),
    ...pemFaults(ca!, cert!, key!),
  ];
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
