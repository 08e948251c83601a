/** The pages of the navigation: in the bar at the top, and on a phone as tabs at the foot. */
import Link from 'next/link';
import type { Shown } from '../model/address.ts';
import { homeOf, linkTo, PAGES } from '../model/routes.ts';
import { Icon } from '../elements/Icon.tsx';

const ICONS = { live: 'pulse', places: 'place', trust: 'shield', data: 'disks' } as const;

export function Pages({ shown }: { shown: Shown }) {
  return (
    <nav className="pages" aria-label="Pages">
      {PAGES.map(({ page, name }) => (
        <Link key={page} href={linkTo({ page }, shown)} prefetch={false} aria-current={current(page, shown)}>
          {name}
        </Link>
      ))}
    </nav>
  );
}

export function Tabs({ shown }: { shown: Shown }) {
  return (
    <nav className="tabs" aria-label="Pages">
      {PAGES.map(({ page, name }) => (
        <Link key={page} href={linkTo({ page }, shown)} prefetch={false} aria-current={current(page, shown)}>
          <Icon name={ICONS[page]} />
          {name}
        </Link>
      ))}
    </nav>
  );
}

/** A page below one of the four is within it, but is not it. */
function current(page: (typeof PAGES)[number]['page'], { where }: Shown): 'page' | 'true' | undefined {
  return where.page === page ? 'page' : homeOf(where) === page ? 'true' : undefined;
}
