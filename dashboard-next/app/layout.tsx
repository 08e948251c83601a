/** The frame of every page: language, face, theme. The theme comes from the proxy, so the first paint has the right colours. */
import { headers } from 'next/headers';
import localFont from 'next/font/local';
import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';
import { asThemeChoice, THEME_HEADER } from '../live/theme.ts';
import '../styles/tokens.css';
import '../styles/base.css';
import '../styles/frame.css';
import '../styles/controls.css';
import '../styles/kpis.css';
import '../styles/timeline.css';
import '../styles/tables.css';
import '../styles/pages.css';
import '../styles/dialogs.css';
import '../styles/narrow.css';

const inter = localFont({
  src: '../../node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2',
  weight: '100 900',
  variable: '--inter',
  // It is preloaded and small: text waits for it a moment rather than change its width under a reader.
  display: 'block',
});

export const metadata: Metadata = {
  title: { default: 'Sightline', template: '%s · Sightline' },
  description: 'What cameras see, each detection counted exactly once.',
};

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#FFFFFF' },
    { media: '(prefers-color-scheme: dark)', color: '#13171E' },
  ],
};

export default async function Layout({ children }: { children: ReactNode }) {
  const theme = asThemeChoice((await headers()).get(THEME_HEADER));
  return (
    <html lang="en" className={inter.variable} data-theme={theme === 'system' ? undefined : theme}>
      <body>{children}</body>
    </html>
  );
}
