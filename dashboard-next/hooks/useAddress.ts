/**
 * The choices on a page, read from the URL and written back. A choice makes an entry in the browser's history; typing
 * and pausing replace the current one.
 */
import { useSearchParams } from 'next/navigation';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import type { Choices, Route } from '../model/address.ts';
import { addressOf, readAddress } from '../model/address.ts';
import { pathOf } from '../model/routes.ts';

export type Change = (patch: Partial<Choices>, how?: 'push' | 'replace') => void;

export function useAddress(route: Route): { choices: Choices; faults: readonly string[]; change: Change } {
  const parameters = useSearchParams();
  const text = parameters.toString();
  const path = pathOf(route);
  const read = useMemo(() => readAddress(new URLSearchParams(text), route), [text, path]);
  const latest = useRef(read.choices);
  useEffect(() => {
    latest.current = read.choices;
  }, [read]);
  useFocusKeptByHistory();
  const early = useRef<Parameters<Change>[] | null>([]);
  const change = useCallback<Change>((patch, how = 'push') => {
    if (early.current) {
      early.current.push([patch, how]);
      return;
    }
    latest.current = { ...latest.current, ...patch };
    const url = window.location.pathname + addressOf(latest.current);
    if (url === window.location.pathname + window.location.search) return;
    if (how === 'replace') {
      window.history.replaceState(null, '', url);
      return;
    }
    const focused = document.activeElement?.id ?? '';
    window.history.replaceState({ ...window.history.state, focused }, '');
    window.history.pushState(null, '', url);
  }, []);
  useWhenRouterListens(() => {
    const changes = early.current ?? [];
    early.current = null;
    for (const each of changes) change(...each);
  });
  return { ...read, change };
}

/**
 * Runs once the router of Next.js watches the history. A page receives events before that, because effects run a task
 * later and the router's effect runs after ours. The router does not know an entry that is written too early, and Back
 * to it would not change the page.
 */
function useWhenRouterListens(run: () => void): void {
  useEffect(() => queueMicrotask(run), []);
}

/** Back moves the focus to the control that had it. */
function useFocusKeptByHistory(): void {
  useEffect(() => {
    const restore = (event: PopStateEvent): void => {
      const focused = (event.state as { focused?: string } | null)?.focused;
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    };
    window.addEventListener('popstate', restore);
    return () => window.removeEventListener('popstate', restore);
  }, []);
}
