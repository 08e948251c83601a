/** The page for unknown addresses: a search that works without scripts, and a link to Live. */
import type { Metadata } from 'next';
import { Brand } from '../elements/Brand.tsx';

export const metadata: Metadata = { title: 'Nothing here' };
export const dynamic = 'force-dynamic';

export default function NotFound() {
  return (
    <main className="sole">
      <Brand />
      <h1>There is no such page.</h1>
      <form className="look" action="/locations" method="get">
        <label>
          Find a place by name or oid <input type="search" name="q" maxLength={200} />
        </label>
        <button type="submit" className="btn">
          Find
        </button>
      </form>
      <p>
        Or go to <a href="/">Live</a>.
      </p>
    </main>
  );
}
