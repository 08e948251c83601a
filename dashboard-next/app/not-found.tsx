/** The page for addresses that lead nowhere. */
import type { Metadata } from 'next';
import { Brand } from '../components/Brand.tsx';

export const metadata: Metadata = { title: 'Nothing here' };
export const dynamic = 'force-dynamic';

export default function NotFound() {
  return (
    <main className="sole">
      <Brand />
      <h1>There is no such page.</h1>
      <p>All numbers are on the Live page; a place is found there by its name or oid.</p>
      <a className="btn" href="/">
        Go to Live
      </a>
    </main>
  );
}
