// Maven is told of the network's proxy in the words of its settings, and keeps what its own settings say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../../../../core/process/errors.ts';
import { nonProxyHosts, proxyElements, withProxies } from '../../../../hadoop-compose/cluster/maven-proxy.ts';

const valueIn = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map((found) => found[1]!);

test('each protocol has a proxy of its own, with name and password where they are given', () => {
  const xml = proxyElements({ HTTPS_PROXY: 'http://alice:p%26ss@proxy.example:3128', no_proxy: '.example.org' });
  assert.deepEqual(
    ['protocol', 'host', 'port', 'username', 'password'].map((name) => valueIn(xml, name)),
    [['https'], ['proxy.example'], ['3128'], ['alice'], ['p&amp;ss']],
  );
  assert.deepEqual(valueIn(xml, 'nonProxyHosts'), ['localhost|127.*|[::1]|example.org|*.example.org']);
  assert.deepEqual(valueIn(proxyElements({ ALL_PROXY: 'proxy.example' }), 'protocol'), ['http', 'https']);
});

test('without a proxy there is nothing to tell, and a proxy that Maven cannot ask is refused', () => {
  assert.equal(proxyElements({}), '');
  assert.equal(proxyElements({ HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }), '');
  for (const wrong of ['https://u:hunter2@proxy.example', 'socks5://u:hunter2@proxy.example:1080']) {
    assert.throws(
      () => proxyElements({ HTTPS_PROXY: wrong }),
      (fault) => fault instanceof Refusal && fault.exitCode === 2 && !fault.message.includes('hunter2'),
      wrong,
    );
  }
});

test('NO_PROXY is said as Java reads it, and this machine is always in it', () => {
  assert.deepEqual(
    nonProxyHosts([
      '*.a.org',
      'b.org:8443',
      '10.0.0.0/8',
      '192.168.7.0/24',
      '172.16.0.0/12',
      '10.1.2.3:80',
      '[fd00::7]',
    ]),
    [
      'localhost',
      '127.*',
      '[::1]',
      'a.org',
      '*.a.org',
      'b.org',
      '*.b.org',
      '10.*',
      '192.168.7.*',
      '10.1.2.3',
      '[fd00::7]',
    ],
  );
});

test("Maven's own settings are kept, whether they have a list of proxies or only a comment of one", () => {
  const mirror = '<mirrors><mirror><id>ours</id></mirror></mirrors>';
  const lists = [
    '',
    '<proxies/>',
    '<proxies></proxies>',
    '<proxies><!-- <proxy><id>sample</id></proxy> --></proxies>',
    '<!-- <proxies> -->',
  ];
  for (const list of lists) {
    const merged = withProxies(`<settings>${list}${mirror}</settings>`, '<proxy><id>new</id></proxy>');
    assert.equal(
      merged.replaceAll(/\s/g, '').replace('<proxies><proxy><id>new</id></proxy></proxies>', ''),
      `<settings>${mirror}</settings>`,
      list,
    );
  }
});
