/** Every dashboard by the name of its file; generate.ts writes them, a unit test holds the files fresh. */
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { footage } from './footage.ts';
import { liveCounts } from './live-counts.ts';
import { nights } from './nights.ts';
import { pipeline } from './pipeline.ts';
import { stores } from './stores.ts';

export function dashboards(): Record<string, Dashboard> {
  return {
    'live-counts': numbered(liveCounts().build()),
    pipeline: numbered(pipeline().build()),
    nights: numbered(nights().build()),
    stores: numbered(stores().build()),
    footage: numbered(footage().build()),
  };
}

/** Panels have numbers and their queries letters, which Grafana would otherwise make up at each load. */
function numbered(board: Dashboard): Dashboard {
  for (const [at, panel] of (board.panels ?? []).entries()) {
    panel.id = at + 1;
    for (const [query, target] of ((panel as Panel).targets ?? []).entries())
      (target as { refId?: string }).refId = String.fromCharCode(65 + query);
  }
  return board;
}

/** The text of a file. */
export function dashboardJson(board: Dashboard): string {
  return `${JSON.stringify(board, null, 2)}\n`;
}
