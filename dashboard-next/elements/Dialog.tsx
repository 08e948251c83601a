/**
 * A modal dialog, the browser's own: it takes the focus, Escape and the backdrop close it, and then the focus returns.
 */
import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import { Icon } from './Icon.tsx';

interface Props {
  readonly title: string;
  readonly isOpen: boolean;
  readonly close: () => void;
  readonly className?: string;
  readonly children: ReactNode;
}

export function Dialog({ title, isOpen, close, className = '', children }: Props) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = box.current;
    if (!dialog) return;
    if (isOpen && !dialog.open) {
      dialog.showModal();
      dialog.querySelector<HTMLElement>('[data-first]')?.focus();
    }
    if (!isOpen && dialog.open) dialog.close();
  }, [isOpen]);
  return (
    <dialog
      ref={box}
      className={`dialog ${className}`}
      aria-label={title}
      onClose={() => isOpen && close()}
      onClick={(event) => event.target === event.currentTarget && close()}
    >
      {isOpen && (
        <div className="inside">
          <header>
            <h2>{title}</h2>
            <span className="sp" />
            <button type="button" className="ghost icon" onClick={close} aria-label="Close">
              <Icon name="close" />
            </button>
          </header>
          {children}
        </div>
      )}
    </dialog>
  );
}
