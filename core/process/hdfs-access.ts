/**
 * How HDFS is entered: the settings of WebHDFS, of NameNodes that take over from each other, and of gateways (Knox,
 * HttpFS), and what core/stores/hdfs makes of them.
 *
 * security-settings.ts puts its value into HADOOP_ACCESS. A combination that cannot work is a fault with its reason. A
 * token that a file holds is read again when the file changes, since whoever made it renews it there.
 */
import { z } from 'zod';
import { webhdfsUrl } from './setting-types.ts';

const mode = z.string().regex(/^0?[0-7]{3}$/, 'expected three octal digits, such as 640');

export const HDFS_SETTINGS = {
  WEBHDFS_URL: webhdfsUrl.default('http://127.0.0.1:9870'),
  /** NameNodes of one cluster, one of which is active, separated by commas; in the place of WEBHDFS_URL. */
  WEBHDFS_URLS: z
    .string()
    .transform((text) => text.split(',').map((one) => one.trim()))
    .pipe(z.array(webhdfsUrl).min(2, 'expected two addresses or more; WEBHDFS_URL names a single one'))
    .optional(),
  /**
   * simple: HDFS believes the name in HADOOP_USER. token: a delegation token. basic and bearer: what gateways ask for.
   */
  HDFS_AUTH: z.enum(['simple', 'kerberos', 'token', 'basic', 'bearer']).default('simple'),
  /** HDFS_AUTH=token and bearer. */
  HDFS_TOKEN: z
    .string()
    .regex(/^[\w.~+/=-]+$/, 'expected a token: letters, digits and - _ . ~ + / =')
    .optional(),
  /** HDFS_AUTH=basic. */
  HDFS_USERNAME: z
    .string()
    .regex(/^[^:]+$/, 'expected a name without a colon')
    .optional(),
  HDFS_PASSWORD: z.string().min(1).optional(),
  /** Who may read what we write. */
  HDFS_FILE_MODE: mode.default('644'),
  HDFS_FOLDER_MODE: mode.default('755'),
};

export type HdfsSettings = z.infer<z.ZodObject<typeof HDFS_SETTINGS>>;

/** What each request carries. `file`: where a newer token appears. */
export type HdfsCredential =
  | { readonly kind: 'token' | 'bearer'; readonly token: string; readonly file: string | undefined }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string };

export function hdfsCredential(settings: HdfsSettings, files: ReadonlyMap<string, string>): HdfsCredential | null {
  const { HDFS_AUTH: kind, HDFS_TOKEN: token = '', HDFS_USERNAME: username = '' } = settings;
  if (kind === 'basic') return { kind, username, password: settings.HDFS_PASSWORD ?? '' };
  return kind === 'token' || kind === 'bearer' ? { kind, token, file: files.get('HDFS_TOKEN') } : null;
}

/** The addresses to ask, in order. */
export function nameNodesOf({
  WEBHDFS_URLS,
  WEBHDFS_URL,
}: Pick<HdfsSettings, 'WEBHDFS_URL'> & {
  readonly WEBHDFS_URLS?: readonly string[] | undefined;
}): readonly string[] {
  return WEBHDFS_URLS ?? [WEBHDFS_URL];
}

const NEEDS: Readonly<
  Record<HdfsSettings['HDFS_AUTH'], readonly ('HDFS_TOKEN' | 'HDFS_USERNAME' | 'HDFS_PASSWORD')[]>
> = {
  simple: [],
  kerberos: [],
  token: ['HDFS_TOKEN'],
  bearer: ['HDFS_TOKEN'],
  basic: ['HDFS_USERNAME', 'HDFS_PASSWORD'],
};

export function hdfsFaults(settings: HdfsSettings, given: ReadonlySet<string>): string[] {
  const { HDFS_AUTH: kind } = settings;
  const urls = nameNodesOf(settings);
  const faults: string[] = [];
  if (settings.WEBHDFS_URLS !== undefined && given.has('WEBHDFS_URL'))
    faults.push('WEBHDFS_URL: WEBHDFS_URLS names the NameNodes already; leave one of the two out');
  if (new Set(urls.map((url) => new URL(url).protocol)).size > 1)
    faults.push('WEBHDFS_URLS: all of them begin with http:// or all with https://');
  if (new Set(urls).size < urls.length) faults.push('WEBHDFS_URLS: an address is there twice');
  for (const name of NEEDS[kind])
    if (!settings[name]) faults.push(`${name}: HDFS_AUTH=${kind} enters with it, and it is not set`);
  for (const name of ['HDFS_TOKEN', 'HDFS_USERNAME', 'HDFS_PASSWORD'] as const)
    if (settings[name] && !NEEDS[kind].includes(name))
      faults.push(`${name}: HDFS_AUTH=${kind} does not use it; set another HDFS_AUTH, or leave it out`);
  if (NEEDS[kind].length > 0) {
    if (urls.some((url) => !url.startsWith('https:')))
      faults.push(`HDFS_AUTH: ${kind} would send a secret in plain text; the address must begin with https://`);
    if (given.has('HADOOP_USER') && !usesNameElsewhere(given))
      faults.push(`HADOOP_USER: HDFS_AUTH=${kind} says who we are; leave it out`);
  }
  return faults;
}

/** HBase believes the same name where it has no Kerberos. */
function usesNameElsewhere(given: ReadonlySet<string>): boolean {
  return !given.has('HBASE_AUTH');
}
