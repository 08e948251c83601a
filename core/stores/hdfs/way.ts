/** How asking.ts reaches the NameNode: by the proxy that the environment names, over connections that stay open. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { TlsIdentity } from '../../process/pem.ts';
import { proxyFor } from '../../process/proxy.ts';

/** The proxy, and an agent of our own: Node's agent may ask a proxy by itself (NODE_USE_ENV_PROXY). */
export function wayTo(url: URL, tls: TlsIdentity = {}): { proxy: string | null; agent?: HttpAgent } & TlsIdentity {
  const proxy = proxyFor(url);
  // The package brings its own agent for a tunnel.
  if (proxy !== null && url.protocol === 'https:') return { proxy: proxy.href, ...tls };
  return {
    proxy: proxy?.href ?? null,
    agent: (proxy ?? url).protocol === 'https:' ? new HttpsAgent({ ...KEPT, ...tls }) : new HttpAgent(KEPT),
  };
}

/** The settings of Node's own agents. */
const KEPT = { keepAlive: true, scheduling: 'lifo', timeout: 5_000 } as const;
