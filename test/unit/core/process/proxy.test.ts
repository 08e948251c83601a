// Which questions go through the network's forward proxy: never those to this machine, and none that NO_PROXY names.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyFor } from '../../../../core/process/proxy.ts';
import { Refusal } from '../../../../core/process/errors.ts';

const PROXY = 'http://proxy.example:3128';
const through = (url: string, environment: Record<string, string>): string | undefined =>
  proxyFor(new URL(url), environment)?.host;

test('each protocol has its variable, in capitals or small letters, and ALL_PROXY stands for both', () => {
  assert.equal(through('https://issuer.example', { HTTPS_PROXY: PROXY }), 'proxy.example:3128');
  assert.equal(through('https://issuer.example', { https_proxy: PROXY }), 'proxy.example:3128');
  assert.equal(through('https://issuer.example', { HTTP_PROXY: PROXY }), undefined);
  assert.equal(through('http://issuer.example', { HTTP_PROXY: PROXY }), 'proxy.example:3128');
  assert.equal(through('http://issuer.example', { all_proxy: PROXY }), 'proxy.example:3128');
  assert.equal(
    through('https://issuer.example', { ALL_PROXY: PROXY, https_proxy: 'other.example:8080' }),
    'other.example:8080',
  );
  assert.equal(through('https://issuer.example', { HTTPS_PROXY: '' }), undefined);
});

test('this machine is never asked through a proxy, whatever the variables say', () => {
  const all = {
    HTTP_PROXY: PROXY,
    http_proxy: PROXY,
    HTTPS_PROXY: PROXY,
    https_proxy: PROXY,
    ALL_PROXY: PROXY,
    all_proxy: PROXY,
  };
  for (const host of ['127.0.0.1', '127.3.2.1', '[::1]', '[::ffff:127.0.0.1]', 'localhost', 'x.localhost']) {
    for (const protocol of ['http', 'https'])
      assert.equal(through(`${protocol}://${host}:9870/`, all), undefined, host);
  }
});

test('NO_PROXY names hosts with what is below them, ports, networks, or everything', () => {
  const cases: [string, string[], string[]][] = [
    ['example.org', ['http://example.org', 'http://a.example.org'], ['http://myexample.org', 'http://example.com']],
    ['.example.org , other.net', ['http://a.example.org', 'http://other.net:99'], ['http://third.net']],
    ['*.example.org', ['http://a.example.org'], ['http://example.net']],
    ['example.org:9870', ['http://example.org:9870'], ['http://example.org', 'http://example.org:9871']],
    [
      '10.0.0.0/8 fd00::/8',
      ['http://10.1.2.3', 'http://[fd00::7]:80'],
      ['http://11.1.2.3', 'http://[fe80::7]', 'http://ten.example'],
    ],
    [
      '10.0.0.7,fd00::7,[fd00::8]:9870',
      ['http://10.0.0.7:1', 'http://[fd00::7]', 'http://[fd00::8]:9870'],
      ['http://10.0.0.70', 'http://[fd00::8]:1'],
    ],
    ['*', ['http://anything.example'], []],
  ];
  for (const [noProxy, direct, proxied] of cases) {
    const environment = { HTTP_PROXY: PROXY, no_proxy: noProxy };
    for (const url of direct) assert.equal(through(url, environment), undefined, `${noProxy} | ${url}`);
    for (const url of proxied) assert.equal(through(url, environment), 'proxy.example:3128', `${noProxy} | ${url}`);
  }
});

test('a variable that names no HTTP proxy is refused with exit code 2, without the password in it', () => {
  for (const wrong of [
    'socks5://user:hunter2@proxy.example:1080',
    'http://user:hunter2@:3128',
    'ftp://proxy.example',
  ]) {
    assert.throws(
      () => through('https://issuer.example', { HTTPS_PROXY: wrong }),
      (fault) =>
        fault instanceof Refusal &&
        fault.exitCode === 2 &&
        /HTTPS_PROXY is .*expected http:\/\/host:port/.test(fault.message) &&
        !fault.message.includes('hunter2'),
      wrong,
    );
  }
  assert.equal(through('https://127.0.0.1', { HTTPS_PROXY: 'socks5://x:1' }), undefined, 'nobody asks it');
});
