// Prints a delegation token of HDFS for the user of its environment, in a process of its own, because a process is one
// identity to Kerberos.
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { readConfig } from '../../core/process/config.ts';
import { signInTo } from '../../core/stores/hdfs/cookie.ts';

const { WEBHDFS_URL, HADOOP_ACCESS } = readConfig();
const { tls, hdfs } = HADOOP_ACCESS;
const url = new URL('/webhdfs/v1/?op=GETDELEGATIONTOKEN', WEBHDFS_URL);
const cookie = await signInTo(url, hdfs.kerberos!, tls).cookie();
const answer = await new Promise<string>((resolve, reject) => {
  request(url, { ...tls, headers: { cookie } }, (response) => void text(response).then(resolve, reject))
    .on('error', reject)
    .end();
});
const { Token } = JSON.parse(answer) as { Token: { urlString: string } };
process.stdout.write(Token.urlString);
process.exit(0);
