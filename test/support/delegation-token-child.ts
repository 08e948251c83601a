// Prints a delegation token of HDFS for the user of its environment; with "cancel" one that HDFS was told to forget. A
// process of its own, because a process is one identity to Kerberos.
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { readConfig } from '../../core/process/config.ts';
import { signInTo } from '../../core/stores/hdfs/cookie.ts';

const { WEBHDFS_URL, HADOOP_ACCESS } = readConfig();
const { tls, hdfs } = HADOOP_ACCESS;
const signIn = signInTo(new URL(WEBHDFS_URL), hdfs.kerberos!, tls);

async function ask(method: string, query: Record<string, string>): Promise<string> {
  const url = new URL(`/webhdfs/v1/?${new URLSearchParams(query)}`, WEBHDFS_URL);
  // HDFS takes no change without a header that browsers do not send by themselves.
  const headers = { cookie: await signIn.cookie(), 'X-XSRF-HEADER': 'sightline' };
  return new Promise((resolve, reject) => {
    request(url, { ...tls, method, headers }, (response) => {
      text(response).then(
        (body) => (response.statusCode === 200 ? resolve(body) : reject(new Error(`${response.statusCode}: ${body}`))),
        reject,
      );
    })
      .on('error', reject)
      .end();
  });
}

const { Token } = JSON.parse(await ask('GET', { op: 'GETDELEGATIONTOKEN' })) as { Token: { urlString: string } };
if (process.argv[2] === 'cancel') await ask('PUT', { op: 'CANCELDELEGATIONTOKEN', token: Token.urlString });
process.stdout.write(Token.urlString);
process.exit(0);
