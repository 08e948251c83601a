/** Where a page below another one is. */
import Link from 'next/link';
import type { ReactNode } from 'react';
import { Icon } from './Icon.tsx';

export function Crumbs({ to, name, children }: { to: string; name: string; children: ReactNode }) {
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
