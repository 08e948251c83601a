/** Light, dark, or as the system has it, for all pages: the choice is kept in a cookie. */
import { useCallback, useState } from 'react';
import type { ThemeChoice } from '../model/theme.ts';
import { nextTheme, themeCookie } from '../model/theme.ts';
import type { Change } from './useAddress.ts';

export function useTheme(first: ThemeChoice, change: Change): { theme: ThemeChoice; turnTheme: () => void } {
  const [theme, setTheme] = useState(first);
  const turnTheme = useCallback(() => {
    const next = nextTheme(theme);
    setTheme(next);
    document.cookie = themeCookie(next);
    if (next === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = next;
    change({ theme: null }, 'replace');
  }, [theme, change]);
  return { theme, turnTheme };
}
