/** The navigation: in the top bar, and as tabs at the foot of a phone. */
import Link from 'next/link';
import type { Choices } from '../model/address.ts';
import { homeOf, linkTo, PAGES } from '../model/routes.ts';
import { Icon } from '../elements/Icon.tsx';

const ICONS = { live: 'pulse', places: 'place', cameras: 'camera', trust: 'shield', data: 'disks' } as const;

export function Pages({ choices }: { choices: Choices }) {
  return (
    <nav className="pages" aria-label="Pages">
      {PAGES.map(({ page, name }) => (
        <Link key={page} href={linkTo({ page }, choices)} prefetch={false} aria-current={current(page, choices)}>
          {name}
        </Link>
      ))}
    </nav>
  );
}

export function Tabs({ choices }: { choices: Choices }) {
  return (
    <nav className="tabs" aria-label="Pages">
      {PAGES.map(({ page, name }) => (
        <Link key={page} href={linkTo({ page }, choices)} prefetch={false} aria-current={current(page, choices)}>
          <Icon name={ICONS[page]} />
          {name}
        </Link>
      ))}
    </nav>
  );
}

/** `page` on the page itself, `true` on a page below it. */
function current(page: (typeof PAGES)[number]['page'], { route }: Choices): 'page' | 'true' | undefined {
  return route.page === page ? 'page' : homeOf(route) === page ? 'true' : undefined;
}
