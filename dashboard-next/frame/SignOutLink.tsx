/**
 * Ends the session of the person who signed in (AUTH=oidc), here and at the issuer; nothing where there is no session.
 *
 * A plain link and not one of Next.js, which could ask for the address before anybody presses it.
 */
import { Icon } from '../elements/Icon.tsx';

interface Props {
  /** Whose session it is; null where nobody signs in. */
  readonly name: string | null;
  readonly className?: string;
}

export function SignOutLink({ name, className }: Props) {
  if (name === null) return null;
  return (
    <a className={className} href="/api/auth/logout" title={`Signed in as ${name}`}>
      <Icon name="exit" />
      <span>Sign out</span>
    </a>
  );
}
