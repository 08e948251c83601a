/** A button that copies one value; its icon shows when that is done. */
import { Icon } from './Icon.tsx';
import { useClipboard } from '../hooks/useClipboard.ts';

interface Props {
  readonly text: string;
  /** Names the value for screen readers. */
  readonly what: string;
  readonly label?: string;
  readonly say: (text: string) => void;
}

export function CopyButton({ text, what, label, say }: Props) {
  const { done, copy } = useClipboard();
  const onClick = (): void =>
    void copy(text).then((ok) => say(ok ? `${what} copied` : 'The browser does not allow copying'));
  return (
    <button
      type="button"
      className={label ? 'ghost sm copybtn' : 'ghost icon sm copybtn'}
      onClick={onClick}
      aria-label={label ? undefined : `Copy ${what}`}
      title={label ? undefined : `Copy ${what}`}
    >
      <Icon name={done ? 'check' : 'copy'} />
      {label && <span>{done ? 'Copied' : label}</span>}
    </button>
  );
}
