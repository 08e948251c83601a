/**
 * The theme: light, dark, or as the system has it. The choice is in a cookie, so that the server's first paint has it.
 */
import type { Theme } from './address.ts';

export const THEME_COOKIE = 'theme';
export const THEME_HEADER = 'x-sightline-theme';

export type ThemeChoice = Theme | 'system';

const ORDER: readonly ThemeChoice[] = ['system', 'light', 'dark'];

export function asThemeChoice(text: string | null): ThemeChoice {
  return text === 'light' || text === 'dark' ? text : 'system';
}

export function nextTheme(theme: ThemeChoice): ThemeChoice {
  return ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length]!;
}

export function themeCookie(theme: ThemeChoice): string {
  const forever = 'path=/; SameSite=Lax; max-age=';
  return theme === 'system' ? `${THEME_COOKIE}=; ${forever}0` : `${THEME_COOKIE}=${theme}; ${forever}31536000`;
}
