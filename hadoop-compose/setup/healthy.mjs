/**
 * Whether the process of this container lives: exit 0 if /healthz answers with 200, else 1.
 *
 * The Dockerfile's HEALTHCHECK runs it; an image without a shell's tools has no curl. HEALTH_PORT names another port
 * than that of the metrics.
 */
const port = process.env.HEALTH_PORT || process.env.METRICS_PORT || '9464';
try {
  const { ok, status } = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(4_000) });
  if (!ok) throw new Error(`status ${status}`);
} catch (fault) {
  process.stderr.write(`/healthz on port ${port}: ${fault instanceof Error ? fault.message : String(fault)}\n`);
  process.exitCode = 1;
}
