/**
 * The kinds of settings that config.ts reads from the environment: addresses, ports, folders, topics.
 *
 * Each is a zod type whose fault says what was expected and what was found; config.ts puts the variable's name in
 * front.
 */
import { z } from 'zod';
import { blockedPortText, isBlockedPort } from './blocked-ports.ts';
import { parseHost, parseHostPorts } from './host-port.ts';

/** The port of a server that people open: a blocked one would start and never show a page. */
export const port = z.coerce
  .number()
  .int()
  .min(0)
  .max(65_535)
  .refine((chosen) => !isBlockedPort(chosen), { error: ({ input }) => blockedPortText(Number(input)) });
export const publicUrl = z.url().refine((text) => !isBlockedPort(Number(new URL(text).port)), {
  error: ({ input }) => blockedPortText(Number(new URL(String(input)).port)),
});
export const seconds = z.coerce.number().int().min(0);
export const hostPorts = z.string().transform((text, context) => {
  const found = parseHostPorts(text);
  if (found) return found.join(',');
  context.addIssue({
    code: 'custom',
    message:
      'expected host:port[,host:port], an IPv6 address in brackets as in [::1]:9092, ' +
      `and found ${JSON.stringify(text)}`,
  });
  return z.NEVER;
});
export const bind = z.string().transform((text, context) => {
  const host = parseHost(text);
  if (host !== null) return host;
  context.addIssue({
    code: 'custom',
    message: `expected an address or the name of a host, without a port or a zone, and found ${JSON.stringify(text)}`,
  });
  return z.NEVER;
});
/** A server, or a path on a gateway. Refuses a user or a query: HDFS questions would leave them out in silence. */
export const webhdfsUrl = z.url().transform((text, context) => {
  const url = new URL(text);
  const surplus = Object.entries({
    '/webhdfs/v1': /\/webhdfs(\/|$)/.test(url.pathname),
    'a user': url.username + url.password !== '',
    'a query': url.search !== '' || url.hash !== '',
  });
  const faults = surplus.filter(([, isThere]) => isThere).map(([name]) => name);
  if (!/^https?:$/.test(url.protocol))
    context.addIssue({ code: 'custom', message: `expected http:// or https://, and found ${url.protocol}//` });
  else if (faults.length > 0)
    context.addIssue({
      code: 'custom',
      message:
        'expected the address of a server, such as http://namenode:9870, or a path on a gateway, such as ' +
        `https://knox:8443/gateway/default, and found ${faults.join(' and ')} in it; leave out /webhdfs/v1, and name ` +
        'the user in HADOOP_USER',
    });
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
});
/**
 * Letters that need no escape in HDFS, in URLs, in Spark's patterns and in SQL
 * (docs/decisions/0012-processes.md#addresses).
 */
const ROOT_FOLDER = /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9_.=@~+,-]+)+$/;
export const root = z
  .string()
  .regex(
    ROOT_FOLDER,
    'expected an absolute path of letters (a-z, A-Z), digits and _ . = @ ~ + , - without a slash at its end; ' +
      'blanks, % and letters such as ä mean something else in a URL or a file pattern',
  );
export const topic = z
  .string()
  .regex(
    /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/,
    'expected up to 249 letters (a-z, A-Z), digits and . _ -, as Kafka does',
  );
