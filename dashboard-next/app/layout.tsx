/**
 * The frame of every page: language, face, theme. The theme comes from the proxy, so the first paint has the right
 * colours.
 */
import { headers } from 'next/headers';
import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';
import { asThemeChoice, THEME_HEADER } from '../model/theme.ts';
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

/**
 * Nothing is shown before the face is there, two seconds at most: text that is laid out in another face first moves
 * what stands beside it. A style sheet of the script's own, so that nothing is hidden where scripts are off.
 */
const AWAIT_FACE = `(() => {
  const hidden = new CSSStyleSheet();
  hidden.replaceSync('body { display: none }');
  const show = () => { document.adoptedStyleSheets = []; };
  document.adoptedStyleSheets = [hidden];
  document.fonts.load('1em "Inter Variable"').then(show, show);
  setTimeout(show, 2000);
})()`;

export default async function Layout({ children }: { children: ReactNode }) {
  const told = await headers();
  const theme = asThemeChoice(told.get(THEME_HEADER));
  const nonce = /'nonce-([^']+)'/.exec(told.get('content-security-policy') ?? '')?.[1];
  return (
    <html lang="en" data-theme={theme === 'system' ? undefined : theme}>
      {/* Nothing is painted before all of it is there: a page that is painted as it comes moves with every part. */}
      <link rel="expect" href={`#${END}`} blocking="render" />
      <body>
        <script nonce={nonce} suppressHydrationWarning dangerouslySetInnerHTML={{ __html: AWAIT_FACE }} />
        {children}
        <span id={END} hidden />
      </body>
    </html>
  );
}
