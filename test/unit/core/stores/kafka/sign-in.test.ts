// SCRAM by the example of its RFC, and what librdkafka's log tells of an entrance that failed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessConfig } from '../../../../../core/stores/kafka/access-config.ts';
import { codeInLog, kafkaJsFault, SASL_FAILED, TLS_FAILED } from '../../../../../core/stores/kafka/faults.ts';
import { scramProof } from '../../../../../core/stores/kafka/sign-in.ts';

test('the proof and the signature are those of RFC 7677', () => {
  const both = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
  const salt = 'W22ZaJ0SNY7soEsUEjb6gQ==';
  const { proof, signature } = scramProof({
    ...{ hash: 'sha256', password: 'pencil', salt, rounds: 4096, both },
    first: 'n=user,r=rOprNGfwEbeRWgbNEkqO',
    challenge: `r=${both},s=${salt},i=4096`,
  });
  assert.equal(proof.toString('base64'), 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=');
  assert.equal(signature.toString('base64'), '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
});

test('lines of a log become the codes that librdkafka keeps to itself', () => {
  const lines: [string, number | null][] = [
    [
      'sasl_ssl://localhost:9092/bootstrap: SASL authentication error: Authentication failed during authentication due ' +
        'to invalid credentials with SASL mechanism SCRAM-SHA-512 (after 10ms in state AUTH_REQ)',
      SASL_FAILED,
    ],
    [
      'ssl://localhost:9092/bootstrap: SSL handshake failed: ssl/statem/statem_clnt.c: certificate verify failed: ' +
        'broker certificate could not be verified',
      TLS_FAILED,
    ],
    ['localhost:9092/1: Connect to ipv4#127.0.0.1:9092 failed: Connection refused', null],
  ];
  for (const [line, code] of lines) assert.equal(codeInLog(line), code, line);
});

test('an authority that kafkajs does not know is refused, and not tried for ever', () => {
  const fault = kafkaJsFault('Kafka at b:9092', new Error('Connection error: self-signed certificate'));
  assert.match(fault.message, /Check KAFKA_CA/);
  assert.equal(fault.name, 'Refusal');
});

test('plain text adds nothing to the settings of a client', () => {
  assert.deepEqual(accessConfig({ protocol: 'PLAINTEXT', tls: null, sasl: null, properties: [] }, []), {});
});
