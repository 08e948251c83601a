/**
 * Maven behind a forward proxy: Maven reads proxies from its settings only, not from HTTPS_PROXY and the other
 * variables that most programs read.
 *
 * jars.ts writes these settings beside the pom and passes them as Maven's global settings (`-gs`), so that mirrors and
 * servers in the person's own settings stay in force. The settings include what Maven's own global settings hold. If
 * either settings or MAVEN_OPTS name a proxy, nothing is changed. The proxy is passed in a file, because every user of
 * the machine can read a password on a command line.
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { noProxyEntries, proxyFor } from '../../core/process/proxy.ts';
import { escaped } from './conf/xml.ts';

const run = promisify(execFile);

/** Maven chooses a proxy by protocol, not by host, so any host will do that no NO_PROXY names. */
const ELSEWHERE = 'repository.invalid';
const EMPTY = '<settings>\n</settings>\n';

type Environment = Readonly<Record<string, string | undefined>>;

/** Options for Maven; none if it needs no proxy. Otherwise writes `file`, which only its owner can read. */
export async function mavenProxyOptions(
  maven: string,
  file: string,
  environment: Environment = process.env,
): Promise<string[]> {
  const proxies = proxyElements(environment);
  if (proxies === '' || /proxyHost/i.test(`${environment.MAVEN_OPTS ?? ''} ${environment.JAVA_TOOL_OPTIONS ?? ''}`))
    return [];
  // Java takes the home of the account, whatever HOME says.
  const settings = [
    await textOf(join(userInfo().homedir, '.m2', 'settings.xml')),
    await textOf(join(await homeOf(maven), 'conf', 'settings.xml')),
  ];
  if (settings.some((text) => /<proxy>/.test(withoutComments(text)))) return [];
  await writeFile(file, withProxies(settings[1] || EMPTY, proxies), { mode: 0o600 });
  return ['-gs', file];
}

/** The `<proxy>` elements that these variables mean, one a protocol; empty where they name no proxy. */
export function proxyElements(environment: Environment): string {
  const elements = ['http', 'https'].flatMap((protocol) => {
    const proxy = proxyFor(new URL(`${protocol}://${ELSEWHERE}`), environment);
    if (proxy === null) return [];
    if (proxy.protocol !== 'http:') {
      throw new Refusal(
        EXIT.usage,
        `${protocol.toUpperCase()}_PROXY is ${proxy.protocol}//${proxy.host}; Maven, which fetches the daemons' jars, can ask http:// proxies only`,
      );
    }
    const parts = {
      id: `environment-${protocol}`,
      active: 'true',
      protocol,
      host: proxy.hostname,
      port: proxy.port || '80',
      ...(proxy.username
        ? { username: decodeURIComponent(proxy.username), password: decodeURIComponent(proxy.password) }
        : {}),
      nonProxyHosts: nonProxyHosts(noProxyEntries(environment)).join('|'),
    };
    return [
      `    <proxy>${Object.entries(parts)
        .map(([name, value]) => `<${name}>${escaped(value)}</${name}>`)
        .join('')}</proxy>`,
    ];
  });
  return elements.join('\n');
}

/**
 * NO_PROXY as Java writes it. It cannot express a network whose prefix does not end at a dot; such a one is left out.
 */
export function nonProxyHosts(entries: readonly string[]): string[] {
  const named = entries.flatMap((entry) => {
    const network = /^(\d+)\.(\d+)\.(\d+)\.\d+\/(8|16|24)$/.exec(entry);
    if (network) return [`${network.slice(1, 1 + Number(network[4]) / 8).join('.')}.*`];
    if (entry.includes('/')) return [];
    const host = entry.replace(/^\*?\./, '').replace(/(?<=[^:\]]):\d+$/, '');
    return /^[\d.]+$|:/.test(host) ? [host] : [host, `*.${host}`];
  });
  return [...new Set(['localhost', '127.*', '[::1]', ...named])];
}

/** The settings with these proxies in their list of proxies. */
export function withProxies(settings: string, proxies: string): string {
  const text = withoutComments(settings);
  const list = /<proxies\s*\/>|<proxies>/.exec(text);
  if (list === null) return text.replace('</settings>', () => `  <proxies>\n${proxies}\n  </proxies>\n</settings>`);
  const opened = list[0] === '<proxies>' ? `<proxies>\n${proxies}` : `<proxies>\n${proxies}\n  </proxies>`;
  return text.slice(0, list.index) + opened + text.slice(list.index + list[0].length);
}

const withoutComments = (text: string): string => text.replaceAll(/<!--[\s\S]*?-->/g, '');

/** "Maven home: /usr/share/maven" is what `mvn --version` says, perhaps with colours. */
async function homeOf(maven: string): Promise<string> {
  const { stdout } = await run(maven, ['-B', '--version'], { timeout: 30_000 });
  return /^Maven home: (.+)$/m.exec(stdout)?.[1]?.trim() ?? '';
}

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
