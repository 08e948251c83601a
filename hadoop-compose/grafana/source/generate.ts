/**
 * `npm run grafana`: writes the dashboards that Grafana reads, from dashboards.ts.
 *
 * They are generated files of this repository, so that Grafana's provisioning needs nothing of ours.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dashboardJson, dashboards } from './dashboards.ts';

const FOLDER = new URL('../dashboards/', import.meta.url);

for (const [name, board] of Object.entries(dashboards())) {
  const file = fileURLToPath(new URL(`${name}.json`, FOLDER));
  writeFileSync(file, dashboardJson(board));
  process.stderr.write(`grafana: ${file}\n`);
}
