/**
 * The dashboards for Grafana: the files are what their sources make, each panel says what it shows and in which unit,
 * and every query can be asked.
 *
 * Grafana itself is not run here. Its usual faults stand as rules: a panel without unit, legend, description or
 * threshold, a data source that nobody provisions, panels that lie on each other. Queries of Prometheus are read by
 * promtool where it is installed, those of the API are answered by serving.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Board, BoardPanel, Query, Target } from '../../../support/grafana-queries.ts';
import type { Sighting } from '../../serving/world.ts';
import { oid } from '../../../../core/domain/oid.ts';
import { dashboardJson, dashboards } from '../../../../hadoop-compose/grafana/source/dashboards.ts';
import { batchMetrics } from '../../../../batch-layer/metrics.ts';
import { createRegistry } from '../../../../core/process/metrics.ts';
import { analysisMetrics } from '../../../../footage/analysis/metrics.ts';
import { agentMetrics, settleMetrics } from '../../../../footage/metrics.ts';
import { packMetrics } from '../../../../footage/packs/metrics.ts';
import * as answers from '../../../../serving/answers.ts';
import { recentMetrics } from '../../../../serving/app/recent-metrics.ts';
import { getLocations, getTimeline, getTopItems } from '../../../../serving/http/counts.ts';
import { getDetections } from '../../../../serving/http/detections.ts';
import { getLake, getRuns, getTrust } from '../../../../serving/http/reports.ts';
import { servingMetrics } from '../../../../serving/metrics.ts';
import { speedMetrics } from '../../../../speed-layer/metrics.ts';
import { apiPath, boards, FOLDER, promql, queries } from '../../../support/grafana-queries.ts';
import { stageOf } from '../../serving/serving-double.ts';
import { NOW } from '../../serving/world.ts';

const provisioned = [
  ...readFileSync(`${FOLDER}provisioning/datasources/sightline.yaml`, 'utf8').matchAll(/^ {4}uid: (\S+)$/gm),
].map(([, uid]) => uid!);

const ROW = 'row';
const isPrometheus = ({ datasource }: Target): boolean => datasource.type === 'prometheus';

/** What the usual linters find fault with. */
function faultsOf({ panels, templating, uid, tags, editable }: Board): string[] {
  const faults: string[] = [];
  const fault = (isOne: boolean, text: string): void => void (isOne && faults.push(text));
  fault(!uid.startsWith('sightline-') || !tags.includes('sightline') || editable, `${uid}: uid, tag or lock`);
  fault(new Set(panels.map(({ id }) => id)).size !== panels.length, 'two panels have one number');
  for (const panel of panels.filter(({ type }) => type !== ROW)) faults.push(...panelFaults(panel));
  for (const { name, datasource } of templating?.list ?? [])
    fault(!provisioned.includes(datasource?.uid ?? ''), `variable ${name} has a data source that is not provisioned`);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
  );
  fault(new Set(cells).size !== cells.length, 'two panels lie on each other');
  fault(
    panels.some(({ gridPos: { x, w } }) => x + w > 24),
    'a panel is wider than the grid',
  );
  return faults;
}

function panelFaults(panel: BoardPanel): string[] {
  const { type, title, description = '', targets = [], options, fieldConfig } = panel;
  const faults: string[] = [];
  const fault = (isOne: boolean, text: string): void => void (isOne && faults.push(`${title}: ${text}`));
  fault(!/^[A-Z]/.test(title) || title.length > 40, 'the title begins with a capital and fits its panel');
  fault(!description.endsWith('.'), 'no description');
  fault((fieldConfig?.defaults.unit ?? '') === '', 'no unit');
  fault((fieldConfig?.defaults.thresholds?.steps.length ?? 0) === 0, 'no thresholds');
  fault(targets.length === 0, 'no query');
  fault(type === 'timeseries' && options?.legend?.showLegend !== true, 'no legend');
  fault(!provisioned.includes(panel.datasource?.uid ?? ''), 'its data source is not provisioned');
  for (const target of targets) {
    fault(!provisioned.includes(target.datasource.uid), 'the data source of a query is not provisioned');
    if (!isPrometheus(target)) continue;
    fault((target.legendFormat ?? '') === '', 'a query without a legend');
    fault(/\[\d+s\]/.test(target.expr!), 'a rate over seconds, which may hold no two samples');
    fault(
      /(?<!_)(rate|increase)\((?!\w+_(total|count|sum|bucket|offset)\b)/.test(target.expr!),
      'a rate of what is no counter',
    );
  }
  return faults;
}

describe('the dashboards', () => {
  it('are what their sources make; `npm run grafana` writes them', () => {
    const made = dashboards();
    assert.deepEqual([...boards().keys()].sort(), Object.keys(made).sort());
    for (const [name, board] of Object.entries(made))
      assert.equal(readFileSync(`${FOLDER}dashboards/${name}.json`, 'utf8'), dashboardJson(board), name);
  });

  it('say of each panel what it shows, in which unit, and from where', () => {
    for (const [name, board] of boards()) assert.deepEqual(faultsOf(board), [], name);
  });

  it('would not pass with a fault', () => {
    const board = structuredClone(boards().get('pipeline')!) as Board & { panels: BoardPanel[] };
    const panel = board.panels.find(({ type }) => type === 'timeseries')!;
    const broken = { ...panel, description: '', datasource: { uid: 'other' }, options: {}, targets: [] };
    board.panels.splice(board.panels.indexOf(panel), 1, broken);
    assert.equal(faultsOf(board).length, 4);
  });

  it('have both data sources and their folder provisioned', () => {
    assert.deepEqual(provisioned.sort(), ['sightline-api', 'sightline-prometheus']);
    assert.match(readFileSync(`${FOLDER}provisioning/dashboards/sightline.yaml`, 'utf8'), /folder: Sightline/);
  });
});

/** Names of our own processes' metrics, with the parts of histograms. */
function ownMetrics(): Set<string> {
  const speed = createRegistry('speed');
  speedMetrics(speed, { progress: new Map(), held: new Map(), ahead: new Map() } as never);
  const batch = createRegistry('batch');
  batchMetrics(batch);
  const recent = recentMetrics({ items: 1, locations: 1 }, () => Promise.reject(new Error('not read'))).registry;
  const footage = ['agent', 'settle', 'analyse', 'pack'].map((part) => createRegistry(`footage-${part}`));
  const [agent, settling, analysis, packing] = footage;
  agentMetrics(agent!);
  settleMetrics(settling!);
  analysisMetrics(analysis!);
  packMetrics(packing!);
  const names = [speed, batch, servingMetrics().registry, recent, ...footage].flatMap((registry) =>
    registry.getMetricsAsArray().map(({ name }) => name),
  );
  return new Set(names.flatMap((name) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]));
}

describe('the queries of Prometheus', () => {
  const asked = queries().filter(({ target }) => isPrometheus(target));

  it('name metrics that our processes show', () => {
    const own = ownMetrics();
    const unknown = asked.flatMap(({ name, target }) =>
      [...target.expr!.matchAll(/\b(?:sightline|process)_\w+/g)]
        .filter(([metric]) => !own.has(metric))
        .map(([metric]) => `${name}: ${metric}`),
    );
    assert.deepEqual(unknown, []);
  });

  const promtool = process.env.PROMTOOL_BIN ?? 'promtool';
  const isThere = spawnSync(promtool, ['--version']).status === 0;
  it('are read by promtool', { skip: isThere ? false : 'promtool is not installed' }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'sightline-promtool-'));
    const file = join(folder, 'rules.json');
    const rules = asked.map(({ target }, at) => ({ record: `sightline:query_${at}`, expr: promql(target.expr!) }));
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboards', rules }] }));
    try {
      assert.match(
        execFileSync(promtool, ['check', 'rules', file], { encoding: 'utf8' }),
        new RegExp(`${rules.length} rules found`),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

const seen = (id: number, location: string, item: string): Sighting => ({
  id: oid(id),
  location: oid(location),
  item,
  detectedAt: NOW - 60_000,
  arrival: NOW - 59_500,
});

describe('the queries of the API', () => {
  const stage = stageOf([seen(1, '42', 'car'), seen(2, '-7', 'bus')]);
  stage.names.set('42', 'Gate 4');
  const HANDLERS: Record<string, (request: Request) => Promise<Response>> = {
    'top-items': (request) => getTopItems(request, {}, stage.serving),
    locations: (request) => getLocations(request, {}, stage.serving),
    timeline: (request) => getTimeline(request, {}, stage.serving),
    detections: (request) => getDetections(request, {}, stage.serving),
    trust: (request) => getTrust(request, {}, stage.serving),
    runs: (request) => getRuns(request, {}, stage.serving),
    lake: (request) => getLake(request, {}, stage.serving),
  };
  const variables: Query[] = [...boards()].flatMap(([board, { templating }]) =>
    (templating?.list ?? []).map(({ name, query }) => ({
      name: `${board} / variable ${name}`,
      target: query!.infinityQuery as Target,
    })),
  );
  const asked = [...queries().filter(({ target }) => !isPrometheus(target)), ...variables];

  for (const location of ['all', '42'])
    it(`are answered with the members that they name, location ${location}`, async () => {
      assert.ok(asked.length >= 8);
      for (const { name, target } of asked) {
        const path = apiPath(target.url!, { from: NOW - 3_600_000, to: NOW, location });
        assert.doesNotMatch(path, /\$/, name);
        const [, route] = /^\/api\/v1\/([a-z-]+)(?:\?|$)/.exec(path)!;
        const response = await HANDLERS[route!]!(new Request(`http://127.0.0.1:3000${path}`));
        assert.equal(response.status, 200, `${name}: ${path}`);
        const rows = ((await response.json()) as Record<string, unknown[]>)[target.root_selector!];
        assert.ok(Array.isArray(rows), `${name}: ${target.root_selector} is no list`);
        for (const row of rows) for (const column of target.columns!) assertColumn(name, row, column);
        if (route === 'runs' || route === 'lake') continue;
        assert.ok(rows.length > 0, `${name} has no row`);
      }
    });

  function assertColumn(name: string, row: unknown, { selector, type }: { selector: string; type: string }): void {
    const value = selector.split('.').reduce<unknown>((of, member) => (of as Record<string, unknown>)[member], row);
    const kind = type === 'string' ? ['string'] : ['number'];
    // A place that nobody has named.
    if (selector === 'geographical_location' && value === null) return;
    assert.ok(kind.includes(typeof value), `${name}: ${selector} is ${JSON.stringify(value)}, ${type} was expected`);
  }

  it('name members that a report and a day of the lake have', () => {
    const members = {
      runs: Object.keys(answers.RunSummary.shape),
      lake: Object.keys(answers.LakeAnswer.shape.days.element.shape),
    };
    for (const [route, known] of Object.entries(members))
      for (const { name, target } of asked.filter(({ target: { url } }) => url!.startsWith(`/api/v1/${route}`)))
        for (const { selector } of target.columns!)
          assert.ok(known.includes(selector.split('.')[0]!), `${name}: ${selector}`);
  });
});
