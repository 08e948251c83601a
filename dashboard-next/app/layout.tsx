/** The frame of every page: language, face, theme. The theme comes from the proxy, so the first paint has the right colours. */
import { headers } from 'next/headers';
import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';
import { asThemeChoice, THEME_HEADER } from '../live/theme.ts';
import '../styles/face.css';
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

/** The last element of a page. */
const END = 'end';

export default async function Layout({ children }: { children: ReactNode }) {
  const theme = asThemeChoice((await headers()).get(THEME_HEADER));
  return (
    <html lang="en" data-theme={theme === 'system' ? undefined : theme}>
      {/* Nothing is painted before all of it is there: a page that is painted as it comes moves with every part. */}
      <link rel="expect" href={`#${END}`} blocking="render" />
      <body>
        {children}
        <span id={END} hidden />
      </body>
    </html>
  );
}
