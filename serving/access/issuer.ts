/**
 * The OpenID Connect issuer: its configuration is read once, and again after a failure.
 *
 * openid-client talks to it, through the network's proxy if one is set. No token appears in an error or a log.
 */
import * as openid from 'openid-client';
import type { Config } from '../../core/process/config.ts';
import { Retryable } from '../../core/process/errors.ts';
import { isLoopback } from '../../core/process/host-port.ts';
import { outwardFetch } from '../../core/process/proxy.ts';

export type IssuerConfig = Pick<Config, 'OIDC_ISSUER' | 'OIDC_CLIENT_ID' | 'OIDC_CLIENT_SECRET'>;

/** Throws Retryable while the issuer does not answer. */
export function issuerOf(config: IssuerConfig): () => Promise<openid.Configuration> {
  let configuration: Promise<openid.Configuration> | null = null;
  return () => {
    configuration ??= discover(config).catch((fault: unknown) => {
      configuration = null;
      throw new Retryable('The issuer', `${config.OIDC_ISSUER} does not answer with its OpenID configuration`, fault);
    });
    return configuration;
  };
}

function discover({
  OIDC_ISSUER = '',
  OIDC_CLIENT_ID = '',
  OIDC_CLIENT_SECRET,
}: IssuerConfig): Promise<openid.Configuration> {
  const url = new URL(OIDC_ISSUER);
  // Only the issuer of a test uses plain HTTP, on this machine.
  const execute = url.protocol === 'http:' && isLoopback(url.hostname) ? [openid.allowInsecureRequests] : [];
  return openid.discovery(url, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, undefined, {
    execute,
    [openid.customFetch]: (url, options) => outwardFetch(url, options),
  });
}
