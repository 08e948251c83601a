/**
 * KAFKA_ACCESS in librdkafka's words, for node-rdkafka (client-config.ts) and for the cameras, whose Python client is
 * made of the same library, built otherwise.
 */
import type { GlobalConfig } from 'node-rdkafka';
import { EXIT, Refusal } from '../../process/errors.ts';
import type { KafkaAccess, KafkaSasl } from '../../process/kafka-access.ts';

/** Empty for plain text. `features`: what the library was built with. Throws a Refusal if that is too little. */
export function accessConfig(access: KafkaAccess | undefined, features: readonly string[]): GlobalConfig {
  if (access === undefined) return {};
  const { sasl } = access;
  if (sasl?.mechanism === 'GSSAPI' && !features.includes('sasl_gssapi'))
    throw new Refusal(
      EXIT.usage,
      'KAFKA_SASL_MECHANISM=GSSAPI: node-rdkafka was compiled without it. Install libsasl2-dev (Red Hat: ' +
        'cyrus-sasl-devel), then run "npm rebuild node-rdkafka --ignore-scripts=false" in the folder of Sightline; ' +
        'or let the brokers offer SCRAM-SHA-512 or OAUTHBEARER too.',
    );
  return {
    ...transport(access),
    ...(sasl === null ? {} : saslConfig(sasl)),
    ...(Object.fromEntries(access.properties) as GlobalConfig),
  };
}

/** Python's client gets tokens by itself. Throws a Refusal for what its build does not know. */
export function cameraConfig(access: KafkaAccess): Record<string, unknown> {
  const { sasl } = access;
  if (sasl?.mechanism === 'GSSAPI')
    throw new Refusal(
      EXIT.usage,
      'KAFKA_SASL_MECHANISM=GSSAPI: the Python client of the simulated cameras is built without it. Give them a user ' +
        'with SCRAM-SHA-512 or OAUTHBEARER.',
    );
  const own = { ...transport(access), ...Object.fromEntries(access.properties) };
  if (sasl?.mechanism !== 'OAUTHBEARER') return { ...own, ...(sasl === null ? {} : saslConfig(sasl)) };
  const { client } = sasl;
  return {
    ...own,
    'sasl.mechanisms': 'OAUTHBEARER',
    'sasl.oauthbearer.method': 'oidc',
    'sasl.oauthbearer.client.id': client.clientId,
    'sasl.oauthbearer.client.secret': client.clientSecret,
    'sasl.oauthbearer.token.endpoint.url': client.tokenUrl,
    ...(client.scope === undefined ? {} : { 'sasl.oauthbearer.scope': client.scope }),
    ...(access.tls?.ca === undefined ? {} : { 'https.ca.pem': access.tls.ca }),
  };
}

function transport({ protocol, tls }: KafkaAccess): GlobalConfig {
  if (protocol === 'PLAINTEXT') return {};
  return {
    'security.protocol': protocol.toLowerCase() as NonNullable<GlobalConfig['security.protocol']>,
    ...(tls?.ca === undefined ? {} : { 'ssl.ca.pem': tls.ca }),
    ...(tls?.cert === undefined ? {} : { 'ssl.certificate.pem': tls.cert }),
    ...(tls?.key === undefined ? {} : { 'ssl.key.pem': tls.key }),
  };
}

/** A token of OAUTHBEARER is handed to the client itself (calls.ts). */
function saslConfig(sasl: KafkaSasl): GlobalConfig {
  if (sasl.mechanism === 'OAUTHBEARER') return { 'sasl.mechanisms': sasl.mechanism };
  if (sasl.mechanism === 'GSSAPI')
    return {
      'sasl.mechanisms': sasl.mechanism,
      'sasl.kerberos.service.name': sasl.service,
      // libkrb5 gets the ticket by itself (core/process/kerberos.ts).
      'sasl.kerberos.kinit.cmd': 'true',
      ...(sasl.principal === undefined ? {} : { 'sasl.kerberos.principal': sasl.principal }),
    };
  return { 'sasl.mechanisms': sasl.mechanism, 'sasl.username': sasl.username, 'sasl.password': sasl.password };
}
