/**
 * One key, one action. Keys do nothing while somebody types, while a dialog is open, or when they are switched off in
 * the list of shortcuts.
 */
import { useEffect, useRef } from 'react';
import type { Choices, Route } from '../model/address.ts';
import { REFRESHES, WINDOW_NAMES } from '../model/address.ts';
import { neighbour } from '../model/bounds.ts';
import type { Refresh } from '../model/address.ts';
import type { Change } from './useAddress.ts';
import type { DialogName } from '../model/page.ts';

export const KEYS_OFF = 'sightline.keys';
/** After `g`. */
const PAGE_KEYS: Record<string, 'live' | 'places' | 'cameras' | 'trust' | 'data'> = {
  l: 'live',
  p: 'places',
  c: 'cameras',
  t: 'trust',
  d: 'data',
};
const GO_WITHIN_MS = 1_500;
/** Pages with a choice of window. */
const WITH_WINDOW: readonly string[] = ['live', 'places', 'place', 'trust'];

interface KeyActions {
  readonly choices: Choices;
  readonly now: number;
  readonly change: Change;
  readonly go: (route: Route) => void;
  readonly pause: () => void;
  readonly setDialog: (dialog: DialogName) => void;
  readonly copy: () => void;
  readonly sayNumbers: () => void;
  readonly isOpen: boolean;
}

export function useKeys(actions: KeyActions): void {
  const latest = useRef(actions);
  latest.current = actions;
  const askedToGoAt = useRef(-Infinity);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || latest.current.isOpen || isTyping(event)) return;
      const off = localStorage.getItem(KEYS_OFF) === 'off';
      const page = event.timeStamp - askedToGoAt.current < GO_WITHIN_MS ? PAGE_KEYS[event.key] : undefined;
      askedToGoAt.current = event.key === 'g' ? event.timeStamp : -Infinity;
      const act =
        off && event.key !== '?'
          ? undefined
          : page
            ? () => latest.current.go({ page })
            : actionOf(event.key, latest.current);
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}

function isTyping({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches('input[type=radio], [data-arrows]')) return key.startsWith('Arrow');
  return target.matches('input, select, textarea') || (target.matches('button, a, summary') && key === ' ');
}

function actionOf(key: string, actions: KeyActions): (() => void) | undefined {
  const { setDialog, copy, choices, sayNumbers } = actions;
  const everywhere: Record<string, () => void> = {
    '/': () => setDialog('find'),
    l: copy,
    '?': () => setDialog('keys'),
    s: sayNumbers,
  };
  return everywhere[key] ?? (WITH_WINDOW.includes(choices.route.page) ? actionOnWindow(key, actions) : undefined);
}

function actionOnWindow(key: string, { choices, now, change, pause, setDialog }: KeyActions): (() => void) | undefined {
  const window = WINDOW_NAMES[Number(key) - 1];
  if (window) return () => change({ window, fixed: null });
  const move = (direction: -1 | 1) => () => {
    const fixed = neighbour(choices, direction, now);
    if (fixed || choices.fixed) change({ fixed });
  };
  const actions: Record<string, () => void> = {
    p: pause,
    r: () => change({ refresh: nextRefresh(choices.refresh) }, 'replace'),
    c: () => setDialog('custom'),
    ArrowLeft: move(-1),
    ArrowRight: move(1),
    t: () => change({ view: choices.view === 'chart' ? 'table' : 'chart' }),
  };
  return actions[key];
}

function nextRefresh(refresh: Refresh): Refresh {
  const next = REFRESHES[(REFRESHES.indexOf(String(refresh) as '1') + 1) % 3] ?? '1';
  return Number(next) as Refresh;
}
