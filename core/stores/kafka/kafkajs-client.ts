/**
 * Every kafkajs client of ours: quiet, with limits, and with brokers at any address.
 *
 * admin.ts and dead-letters.ts open theirs here. kafkajs cuts a broker's address at its first colon, so it cannot take
 * an IPv6 address. It gets a name instead (`ipv6-__1:9092` for `[::1]:9092`), and the socket factory turns the name
 * back into the address. Brokers that the cluster itself names come with host and port apart and need no such name.
 */
import { connect as connectPlain, isIP, isIPv6 } from 'node:net';
import { connect as connectTls } from 'node:tls';
import kafkajs from 'kafkajs';
import type { HostPort } from '../../process/host-port.ts';
import { parseHostPorts, partsOf } from '../../process/host-port.ts';
import type { KafkaAccess, KafkaSasl } from '../../process/kafka-access.ts';
import type { KafkaSettings } from './client-config.ts';
import { i32 } from './frames.ts';
import { tokenSourceOf } from './oauth-token.ts';
import { signInByTicket } from './sign-in.ts';

const { Kafka, logLevel } = kafkajs;

const KEEP_ALIVE_MS = 60_000;
const IPV6_PREFIX = 'ipv6-';

export function kafkaJsClient(
  { KAFKA_BROKERS, KAFKA_ACCESS }: Omit<KafkaSettings, 'KAFKA_TOPIC'>,
  clientId: string,
  requestTimeout: number,
): kafkajs.Kafka {
  return new Kafka({
    clientId,
    brokers: (parseHostPorts(KAFKA_BROKERS) ?? []).map(namedForKafkaJs),
    logLevel: logLevel.NOTHING,
    connectionTimeout: 3_000,
    requestTimeout,
    retry: { retries: 3, initialRetryTime: 200, maxRetryTime: 2_000 },
    ...(KAFKA_ACCESS?.tls ? { ssl: { ...KAFKA_ACCESS.tls } } : {}),
    ...(KAFKA_ACCESS?.sasl ? { sasl: saslOf(KAFKA_ACCESS, KAFKA_ACCESS.sasl) } : {}),
    socketFactory: ({ host: named, port, ssl, onConnect }) => {
      const host = hostForSocket(named);
      const name = isIP(host) ? {} : { servername: host };
      const socket = ssl
        ? connectTls({ host, port, ...name, ...ssl }, onConnect)
        : connectPlain({ host, port }, onConnect);
      return socket.setKeepAlive(true, KEEP_ALIVE_MS);
    },
  });
}

function saslOf(access: KafkaAccess, sasl: KafkaSasl): kafkajs.SASLOptions | kafkajs.Mechanism {
  if (sasl.mechanism === 'OAUTHBEARER')
    return { mechanism: 'oauthbearer', oauthBearerProvider: () => tokenSourceOf(access)!.token() };
  if (sasl.mechanism === 'GSSAPI')
    return { mechanism: sasl.mechanism, authenticationProvider: (args) => byTicket(sasl, args) };
  const { mechanism, username, password } = sasl;
  const name = mechanism.toLowerCase() as 'plain' | 'scram-sha-256' | 'scram-sha-512';
  return { mechanism: name, username, password } as kafkajs.SASLOptions;
}

/** The rounds of Kerberos, which kafkajs does not know; tokens go with their length in front. */
function byTicket(
  sasl: Extract<KafkaSasl, { mechanism: 'GSSAPI' }>,
  { host, saslAuthenticate }: kafkajs.AuthenticationProviderArgs,
): kafkajs.Authenticator {
  const send = async (token: Buffer): Promise<Buffer> => {
    const answer = await saslAuthenticate({
      request: { encode: () => Buffer.concat([i32(token.length), token]) },
      response: { decode: (bytes) => bytes.subarray(4), parse: (bytes) => bytes },
    });
    return answer ?? Buffer.alloc(0);
  };
  return { authenticate: () => signInByTicket(sasl, hostForSocket(host), send) };
}

export function namedForKafkaJs(broker: HostPort): string {
  const { host, port } = partsOf(broker);
  return isIPv6(host) ? `${IPV6_PREFIX}${host.replaceAll(':', '_')}:${port}` : broker;
}

export function hostForSocket(host: string): string {
  const address = host.startsWith(IPV6_PREFIX) ? host.slice(IPV6_PREFIX.length).replaceAll('_', ':') : '';
  return isIPv6(address) ? address : host;
}
