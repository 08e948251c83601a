// Compares what a layer must be allowed with what its user may do, again for each line on its standard input, and
// prints one line of JSON each time. A process of its own, because a process is one identity to Kerberos.
import { createInterface } from 'node:readline';
import type { LayerName } from '../../admin/prepare/grants.ts';
import { compareRights } from '../../admin/prepare/rights.ts';
import { readConfig } from '../../core/process/config.ts';

const config = readConfig();
const layer = process.argv[2] as LayerName;
for await (const line of createInterface({ input: process.stdin }))
  if (line !== '') process.stdout.write(`${JSON.stringify(await compareRights(config, layer))}\n`);
process.exit(0);
