/** How hdfs.ts reaches the NameNode: through the proxy that the environment names, over connections that stay open. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { proxyFor } from '../../process/proxy.ts';

/** The proxy, and an agent of our own: Node's agent may ask a proxy by itself (NODE_USE_ENV_PROXY). */
export function wayTo(url: URL): { proxy: string | null; agent?: HttpAgent } {
  const proxy = proxyFor(url);
  // The package brings its own agent for a tunnel.
  if (proxy !== null && url.protocol === 'https:') return { proxy: proxy.href };
  return {
    proxy: proxy?.href ?? null,
    agent: (proxy ?? url).protocol === 'https:' ? new HttpsAgent(KEPT) : new HttpAgent(KEPT),
  };
}

/** The settings of Node's own agents. */
const KEPT = { keepAlive: true, scheduling: 'lifo', timeout: 5_000 } as const;
