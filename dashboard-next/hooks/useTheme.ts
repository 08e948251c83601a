/** The theme for all pages: light, dark, or as the system has it. The choice is kept in a cookie. */
import { useCallback, useState } from 'react';
import type { ThemeChoice } from '../model/theme.ts';
import { nextTheme, themeCookie } from '../model/theme.ts';
import type { Change } from './useAddress.ts';

export function useTheme(first: ThemeChoice, change: Change): { theme: ThemeChoice; switchTheme: () => void } {
  const [theme, setTheme] = useState(first);
  const switchTheme = useCallback(() => {
    const next = nextTheme(theme);
    setTheme(next);
    document.cookie = themeCookie(next);
    if (next === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = next;
    change({ theme: null }, 'replace');
  }, [theme, change]);
  return { theme, switchTheme };
}
