'use client';
/** The page when code of a page fails. A store that does not answer never leads here: pages show that themselves. */
import { Brand } from '../elements/Brand.tsx';

export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <main className="sole">
      <Brand />
      <h1>This page could not be shown.</h1>
      <p>
        The counts are not affected. Try again; if this page comes back, the log has the reason
        {error.digest ? ` under ${error.digest}` : ''}.
      </p>
      <button type="button" className="btn" onClick={reset}>
        Try again
      </button>
    </main>
  );
}
