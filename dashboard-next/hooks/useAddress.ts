/** What is shown, from the URL and back into it. Choices get an entry in the history, typing and pausing do not. */
import { useSearchParams } from 'next/navigation';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import type { Shown, Where } from '../model/address.ts';
import { addressOf, readAddress } from '../model/address.ts';
import { pathOf } from '../model/routes.ts';

export type Change = (patch: Partial<Shown>, how?: 'push' | 'replace') => void;

export function useAddress(where: Where): { shown: Shown; faults: readonly string[]; change: Change } {
  const parameters = useSearchParams();
  const text = parameters.toString();
  const path = pathOf(where);
  const read = useMemo(() => readAddress(new URLSearchParams(text), where), [text, path]);
  const latest = useRef(read.shown);
  useEffect(() => {
    latest.current = read.shown;
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
 * Events are heard as soon as the page has come alive, effects run a task later, and in one of them, after ours, the
 * router begins to watch the history. An entry that is written before that would be none of its own, and Back to it
 * would not change the page.
 */
function useWhenRouterListens(run: () => void): void {
  useEffect(() => queueMicrotask(run), []);
}

/** Back leads to the control from which one left. */
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
