/** Tokens for OAUTHBEARER: asked for once, again ahead of their end, and refused without a secret in the words. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import rdkafka from 'node-rdkafka';
import type { KafkaAccess, OAuthClient } from '../../../../../core/process/kafka-access.ts';
import { accessConfig, cameraConfig } from '../../../../../core/stores/kafka/access-config.ts';
import { tokenSource } from '../../../../../core/stores/kafka/oauth-token.ts';

async function withServer(
  answer: (request: IncomingMessage, body: string, response: ServerResponse) => void,
  work: (client: OAuthClient) => Promise<void>,
): Promise<void> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => answer(request, body, response));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const tokenUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  try {
    await work({ tokenUrl, clientId: 'speed', clientSecret: 's3cret/+', scope: 'kafka' });
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

test('a token serves until four fifths of its life are over, and everybody waits for the same one', async () => {
  let given = 0;
  let now = 0;
  await withServer(
    (request, body, response) => {
      const basic = Buffer.from(request.headers.authorization!.slice(6), 'base64').toString();
      assert.equal(basic, 'speed:s3cret%2F%2B');
      assert.equal(body, 'grant_type=client_credentials&scope=kafka');
      response.end(JSON.stringify({ access_token: `t${++given}`, expires_in: 100 }));
    },
    async (client) => {
      const source = tokenSource(client, undefined, () => now);
      const first = await Promise.all([source.token(), source.token()]);
      assert.deepEqual(
        first.map(({ value }) => value),
        ['t1', 't1'],
      );
      now = 79_999;
      assert.equal((await source.token()).value, 't1');
      now = 80_000;
      assert.equal((await source.token()).value, 't2');
    },
  );
});

test('a refusal names the server, the client and the reason, and no secret', () =>
  withServer(
    (_, __, response) => response.writeHead(401).end('{"error":"invalid_client","secret":"s3cret/+"}'),
    async (client) => {
      const fault = await tokenSource(client)
        .token()
        .then(
          () => assert.fail('a token came'),
          (thrown: unknown) => thrown as Error,
        );
      assert.equal(fault.name, 'Refusal');
      assert.match(fault.message, /token server at http:\/\/127\.0\.0\.1:\d+, asked as speed.*401, invalid_client/);
      assert.doesNotMatch(fault.message, /s3cret/);
    },
  ));

test('a token server that fails or is away may come back', () =>
  withServer(
    (_, __, response) => response.writeHead(503).end(),
    async (client) => {
      await assert.rejects(tokenSource(client).token(), { name: 'Retryable', message: /answers 503/ });
      const away = { ...client, tokenUrl: 'http://127.0.0.1:1/token' };
      await assert.rejects(tokenSource(away).token(), { name: 'Retryable', message: /does not answer/ });
    },
  ));

const access = (sasl: KafkaAccess['sasl'], properties: KafkaAccess['properties'] = []): KafkaAccess => ({
  protocol: 'SASL_SSL',
  tls: {},
  sasl,
  properties,
});
const TICKET = { mechanism: 'GSSAPI', service: 'kafka', principal: 'speed@R', keytab: undefined } as const;

test('a build without GSSAPI is told before it is needed, and so are the cameras', () => {
  assert.throws(
    () =>
      accessConfig(
        access(TICKET),
        rdkafka.features.filter((one) => one !== 'sasl_gssapi'),
      ),
    {
      name: 'Refusal',
      message: /compiled without it.*libsasl2-dev.*npm rebuild node-rdkafka/,
    },
  );
  const config = accessConfig(access(TICKET), ['sasl_gssapi']) as Record<string, unknown>;
  assert.equal(config['sasl.kerberos.principal'], 'speed@R');
  assert.throws(() => cameraConfig(access(TICKET)), { name: 'Refusal', message: /Python client/ });
});

test('the cameras ask for tokens by themselves, and properties of the library reach both clients', () => {
  const client = { tokenUrl: 'https://id/token', clientId: 'cameras', clientSecret: 's', scope: undefined };
  const given = access({ mechanism: 'OAUTHBEARER', client }, [['socket.timeout.ms', '7000']]);
  const cameras = cameraConfig(given);
  assert.equal(cameras['sasl.oauthbearer.token.endpoint.url'], 'https://id/token');
  assert.equal(cameras['socket.timeout.ms'], '7000');
  const ours = accessConfig(given, []) as Record<string, unknown>;
  assert.equal(ours['sasl.mechanisms'], 'OAUTHBEARER');
  assert.equal(ours['socket.timeout.ms'], '7000');
});
