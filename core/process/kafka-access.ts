/**
 * How Kafka is entered: the settings of TLS and SASL, and what core/stores/kafka and the cameras make of them.
 *
 * config.ts hands on KAFKA_ACCESS. A combination that cannot work is a fault with its reason. The further properties
 * are librdkafka's own, for what has no setting here; those that decide what is read, written or shown stay ours.
 */
import { z } from 'zod';
import { isLoopback } from './host-port.ts';
import type { TlsIdentity } from './pem.ts';
import { pemFaults, tlsIdentity } from './pem.ts';

export const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER', 'GSSAPI'] as const;

export const KAFKA_SETTINGS = {
  KAFKA_SECURITY_PROTOCOL: z.enum(['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']).default('PLAINTEXT'),
  /** Certificates of the authorities that brokers are believed by; without it Node's own list. */
  KAFKA_CA: z.string().optional(),
  /** The client's own certificate with its chain, and its key, where brokers ask for one. */
  KAFKA_CERT: z.string().optional(),
  KAFKA_KEY: z.string().optional(),
  KAFKA_SASL_MECHANISM: z.enum(MECHANISMS).optional(),
  KAFKA_SASL_USERNAME: z.string().min(1).optional(),
  KAFKA_SASL_PASSWORD: z.string().min(1).optional(),
  /** OAUTHBEARER: where tokens are given for the client's secret (OIDC, client credentials). */
  KAFKA_OAUTH_TOKEN_URL: z.url({ protocol: /^https?$/ }).optional(),
  KAFKA_OAUTH_CLIENT_ID: z.string().min(1).optional(),
  KAFKA_OAUTH_CLIENT_SECRET: z.string().min(1).optional(),
  KAFKA_OAUTH_SCOPE: z.string().min(1).optional(),
  /** GSSAPI: the first part of the brokers' principal. */
  KAFKA_SERVICE: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, 'expected the first part of a principal, such as kafka')
    .default('kafka'),
  /** Further properties of librdkafka: name=value, one a line or separated by semicolons. */
  KAFKA_PROPERTIES: z
    .string()
    .transform((text, context) => {
      const lines = text.split(/[\n;]/).map((line) => line.trim());
      const pairs = lines
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => /^([\w.]+)\s*=(.*)$/.exec(line));
      if (pairs.every((pair) => pair !== null)) return pairs.map((pair) => [pair[1]!, pair[2]!.trim()] as const);
      context.addIssue({ code: 'custom', message: 'expected name=value, one a line or separated by semicolons' });
      return z.NEVER;
    })
    .optional(),
};

export type KafkaSettings = z.infer<z.ZodObject<typeof KAFKA_SETTINGS>>;

export interface OAuthClient {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string | undefined;
}

export type KafkaSasl =
  | {
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'OAUTHBEARER'; readonly client: OAuthClient }
  | {
      readonly mechanism: 'GSSAPI';
      readonly service: string;
      readonly principal: string | undefined;
      readonly keytab: string | undefined;
    };

export interface KafkaAccess {
  readonly protocol: KafkaSettings['KAFKA_SECURITY_PROTOCOL'];
  /** Null: plain text. */
  readonly tls: TlsIdentity | null;
  readonly sasl: KafkaSasl | null;
  /** Of librdkafka; node-rdkafka and the cameras take them. */
  readonly properties: readonly (readonly [string, string])[];
}

interface Kerberos {
  readonly HADOOP_PRINCIPAL?: string | undefined;
  readonly HADOOP_KEYTAB?: string | undefined;
}

export function kafkaAccess(settings: KafkaSettings & Kerberos): KafkaAccess {
  const { KAFKA_SECURITY_PROTOCOL: protocol } = settings;
  return {
    protocol,
    tls: protocol.endsWith('SSL') ? tlsIdentity(settings.KAFKA_CA, settings.KAFKA_CERT, settings.KAFKA_KEY) : null,
    sasl: saslOf(settings),
    properties: settings.KAFKA_PROPERTIES ?? [],
  };
}

function saslOf(settings: KafkaSettings & Kerberos): KafkaSasl | null {
  const { KAFKA_SASL_MECHANISM: mechanism } = settings;
  if (mechanism === undefined) return null;
  if (mechanism === 'GSSAPI')
    return {
      mechanism,
      service: settings.KAFKA_SERVICE,
      principal: settings.HADOOP_PRINCIPAL,
      keytab: settings.HADOOP_KEYTAB,
    };
  if (mechanism !== 'OAUTHBEARER')
    return { mechanism, username: settings.KAFKA_SASL_USERNAME ?? '', password: settings.KAFKA_SASL_PASSWORD ?? '' };
  return {
    mechanism,
    client: {
      tokenUrl: settings.KAFKA_OAUTH_TOKEN_URL ?? '',
      clientId: settings.KAFKA_OAUTH_CLIENT_ID ?? '',
      clientSecret: settings.KAFKA_OAUTH_CLIENT_SECRET ?? '',
      scope: settings.KAFKA_OAUTH_SCOPE,
    },
  };
}

const PASSWORD = ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const;
const OAUTH = ['KAFKA_OAUTH_TOKEN_URL', 'KAFKA_OAUTH_CLIENT_ID', 'KAFKA_OAUTH_CLIENT_SECRET'] as const;
const ALL = [...PASSWORD, ...OAUTH, 'KAFKA_OAUTH_SCOPE'] as const;

const needsOf = (mechanism: KafkaSettings['KAFKA_SASL_MECHANISM']): readonly (typeof ALL)[number][] =>
  mechanism === 'OAUTHBEARER' ? OAUTH : mechanism === 'GSSAPI' || mechanism === undefined ? [] : PASSWORD;

export function kafkaFaults(settings: KafkaSettings): string[] {
  const { KAFKA_SECURITY_PROTOCOL: protocol, KAFKA_SASL_MECHANISM: mechanism } = settings;
  const tls = ['KAFKA_CA', 'KAFKA_CERT', 'KAFKA_KEY'] as const;
  const faults: string[] = [];
  if (protocol.startsWith('SASL')) faults.push(...saslFaults(settings));
  else
    for (const name of (['KAFKA_SASL_MECHANISM', ...ALL] as const).filter((one) => settings[one]))
      faults.push(`${name}: KAFKA_SECURITY_PROTOCOL=${protocol} does not sign in; set SASL_SSL, or leave it out`);
  if (protocol === 'SASL_PLAINTEXT' && (mechanism === 'PLAIN' || mechanism === 'OAUTHBEARER'))
    faults.push(
      `KAFKA_SASL_MECHANISM: ${mechanism} would send the ${mechanism === 'PLAIN' ? 'password' : 'token'} in plain ` +
        'text; use SASL_SSL, or SCRAM',
    );
  const { KAFKA_OAUTH_TOKEN_URL: tokenUrl } = settings;
  if (tokenUrl !== undefined && new URL(tokenUrl).protocol === 'http:' && !isLoopback(new URL(tokenUrl).hostname))
    faults.push('KAFKA_OAUTH_TOKEN_URL: the secret of the client would cross the network in plain text; use https://');
  if (!protocol.endsWith('SSL'))
    for (const name of tls.filter((one) => settings[one]))
      faults.push(`${name}: KAFKA_SECURITY_PROTOCOL=${protocol} has no TLS; set SSL or SASL_SSL, or leave it out`);
  const [ca, cert, key] = tls.map((name) => ({ name, text: settings[name] }));
  return [...faults, ...pemFaults(ca!, cert!, key!), ...propertyFaults(settings)];
}

function saslFaults(settings: KafkaSettings): string[] {
  const { KAFKA_SECURITY_PROTOCOL: protocol, KAFKA_SASL_MECHANISM: mechanism } = settings;
  const missing = (name: string): string =>
    `${name}: KAFKA_SECURITY_PROTOCOL=${protocol} signs in with it, and it is not set`;
  if (mechanism === undefined)
    return ['KAFKA_SASL_MECHANISM', ...PASSWORD.filter((name) => !settings[name])].map(missing);
  const needs = needsOf(mechanism);
  return [
    ...needs.filter((name) => !settings[name]).map(missing),
    ...ALL.filter((name) => settings[name] && !needs.includes(name))
      .filter((name) => !(mechanism === 'OAUTHBEARER' && name === 'KAFKA_OAUTH_SCOPE'))
      .map((name) => `${name}: KAFKA_SASL_MECHANISM=${mechanism} does not use it; leave it out`),
  ];
}

/** Properties that have a setting of their own, and those on which exact counting or the clients rest. */
const OURS =
  /^(bootstrap\.servers|metadata\.broker\.list|security\.protocol|sasl\.(mechanisms?|username|password)|ssl\.(ca|certificate|key)\.pem|group\.id|client\.id|isolation\.level|enable\.(auto\.commit|auto\.offset\.store|idempotence|partition\.eof)|auto\.offset\.reset|acks|request\.required\.acks|partitioner|event_cb|log_level|.*_cb|allow\.auto\.create\.topics)$/;

function propertyFaults({ KAFKA_PROPERTIES: properties = [] }: KafkaSettings): string[] {
  return properties
    .filter(([name]) => OURS.test(name))
    .map(([name]) => `KAFKA_PROPERTIES: ${name} has a setting of its own, or Sightline rests on it; leave it out`);
}
