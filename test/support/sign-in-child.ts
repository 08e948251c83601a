/**
 * Signs in with the issuer that the environment names, in a process of its own, since trust in a certificate is decided
 * at its start.
 *
 * The browser asks by the same way, because only the proxy knows where the issuer is. Prints the name that the session
 * holds.
 */
import { readConfig } from '../../core/process/config.ts';
import { outwardFetch } from '../../core/process/proxy.ts';
import { accessOf } from '../../serving/access/current.ts';
import { Browser } from './issuer.ts';

const config = readConfig();
const { signIn, gate } = accessOf(config);
if (!signIn) throw new Error('AUTH=oidc was expected');
globalThis.fetch = outwardFetch as typeof fetch;
const { location, cookies } = await signIn.login('/trust', new Request(config.PUBLIC_URL!));
const back = await new Browser().follow(location, new URL(config.PUBLIC_URL!).origin);
const cookieOf = (all: readonly string[]): string => all.map((one) => one.split(';')[0]!).join('; ');
const done = await signIn.callback(new Request(back, { headers: { cookie: cookieOf(cookies) } }));
const { name } = await gate.admit(new Request(config.PUBLIC_URL!, { headers: { cookie: cookieOf(done.cookies) } }));
process.stdout.write(`${name}\n`);
process.exit(0);
