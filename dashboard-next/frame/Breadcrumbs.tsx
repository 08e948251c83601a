/** The way back from a page to the page above it. */
import Link from 'next/link';
import type { ReactNode } from 'react';
import { Icon } from '../elements/Icon.tsx';

export function Breadcrumbs({ to, name, children }: { to: string; name: string; children: ReactNode }) {
  return (
    <nav className="crumbs" aria-label="Breadcrumb">
      <Link href={to} prefetch={false}>
        {name}
      </Link>
      <Icon name="right" small />
      <h1 className="label">{children}</h1>
    </nav>
  );
}
