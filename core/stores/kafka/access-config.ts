/**
 * KAFKA_ACCESS in librdkafka's words, for node-rdkafka (client-config.ts) and for the cameras, whose Python client is
 * made of the same library.
 */
import type { GlobalConfig } from 'node-rdkafka';
import type { KafkaAccess } from '../../process/security-settings.ts';

/** Empty for plain text. */
export function accessConfig(access: KafkaAccess | undefined): GlobalConfig {
  if (access === undefined || access.protocol === 'PLAINTEXT') return {};
  const { protocol, tls, sasl } = access;
  return {
    'security.protocol': protocol.toLowerCase() as NonNullable<GlobalConfig['security.protocol']>,
    ...(tls?.ca === undefined ? {} : { 'ssl.ca.pem': tls.ca }),
    ...(tls?.cert === undefined ? {} : { 'ssl.certificate.pem': tls.cert }),
    ...(tls?.key === undefined ? {} : { 'ssl.key.pem': tls.key }),
    ...(sasl === null
      ? {}
      : { 'sasl.mechanisms': sasl.mechanism, 'sasl.username': sasl.username, 'sasl.password': sasl.password }),
  };
}
