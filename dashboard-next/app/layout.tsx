/**
 * The document of every page: language, typeface, theme. The theme comes from proxy.ts, so the first paint has the
 * right colours.
 */
import { headers } from 'next/headers';
import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';
import { asThemeChoice, THEME_HEADER } from '../model/theme.ts';
import '../styles/face.css';
import '../styles/tokens.css';
import '../styles/base.css';
import '../styles/top-bar.css';
import '../styles/buttons.css';
import '../styles/footer.css';
import '../styles/preferences.css';
import '../styles/controls.css';
import '../styles/kpis.css';
import '../styles/timeline.css';
import '../styles/tables.css';
import '../styles/pages.css';
import '../styles/places.css';
import '../styles/footage.css';
import '../styles/cameras.css';
import '../styles/trust.css';
import '../styles/data.css';
import '../styles/pages-narrow.css';
import '../styles/phone-pages.css';
import '../styles/dialogs.css';
import '../styles/narrow.css';
import '../styles/phone-frame.css';
import '../styles/phone-cards.css';
import '../styles/phone-footer.css';

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
 * Hides the page until the typeface is there, for two seconds at most: text in another typeface would move what stands
 * beside it. The script adds the style sheet itself, so that the page is visible without scripts.
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
  const requestHeaders = await headers();
  const theme = asThemeChoice(requestHeaders.get(THEME_HEADER));
  const nonce = /'nonce-([^']+)'/.exec(requestHeaders.get('content-security-policy') ?? '')?.[1];
  return (
    <html lang="en" data-theme={theme === 'system' ? undefined : theme}>
      {/* The page is painted once it is complete: a page that is painted in parts moves with every part. */}
      <link rel="expect" href={`#${END}`} blocking="render" />
      <body>
        <script nonce={nonce} suppressHydrationWarning dangerouslySetInnerHTML={{ __html: AWAIT_FACE }} />
        {children}
        <span id={END} hidden />
      </body>
    </html>
  );
}
