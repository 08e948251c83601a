/**
 * The OpenID Connect issuer as oidc.ts needs it: asked once how to sign in, and again where that failed.
 *
 * Spoken to by openid-client, through the network's proxy where one is set. No token of it goes into an error or a log.
 */
import * as openid from 'openid-client';
import type { Config } from '../../core/process/config.ts';
import { Retryable } from '../../core/process/errors.ts';
import { isLoopback } from '../../core/process/host-port.ts';
import { outwardFetch } from '../../core/process/proxy.ts';

export type IssuerConfig = Pick<Config, 'OIDC_ISSUER' | 'OIDC_CLIENT_ID' | 'OIDC_CLIENT_SECRET'>;

/** Throws Retryable while the issuer does not answer. */
export function issuerOf(config: IssuerConfig): () => Promise<openid.Configuration> {
  let discovered: Promise<openid.Configuration> | null = null;
  return () => {
    discovered ??= discover(config).catch((fault: unknown) => {
      discovered = null;
      throw new Retryable('The issuer', `${config.OIDC_ISSUER} does not tell how to sign in`, fault);
    });
    return discovered;
  };
}

function discover({
  OIDC_ISSUER = '',
  OIDC_CLIENT_ID = '',
  OIDC_CLIENT_SECRET,
}: IssuerConfig): Promise<openid.Configuration> {
  const url = new URL(OIDC_ISSUER);
  // Only a test's issuer speaks plain HTTP, on this machine.
  const execute = url.protocol === 'http:' && isLoopback(url.hostname) ? [openid.allowInsecureRequests] : [];
  return openid.discovery(url, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, undefined, {
    execute,
    [openid.customFetch]: (asked, options) => outwardFetch(asked, options),
  });
}
