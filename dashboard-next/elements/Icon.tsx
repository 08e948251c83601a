/** The few icons of the pages, on a grid of sixteen. They add nothing to the text beside them. */
const PATHS = {
  down: 'm4.5 6.5 3.5 3.5 3.5-3.5',
  search: 'M11 7a4 4 0 1 1-8 0 4 4 0 0 1 8 0ZM10 10l3.2 3.2',
  place: 'M8 14s4.5-4.2 4.5-7.5a4.5 4.5 0 0 0-9 0C3.5 9.8 8 14 8 14ZM9.6 6.5a1.6 1.6 0 1 1-3.2 0 1.6 1.6 0 0 1 3.2 0Z',
  calendar: 'M2.5 4.5a1 1 0 0 1 1-1h9a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1ZM2.5 6.8h11M5.5 2v2.5M10.5 2v2.5',
  link: 'M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2-2a2.6 2.6 0 0 0-3.7-3.7l-.8.8M9.2 6.8a2.6 2.6 0 0 0-3.7 0l-2 2a2.6 2.6 0 0 0 3.7 3.7l.8-.8',
  pause: 'M5.5 4v8M10.5 4v8',
  play: 'M5 3.5v9l7-4.5z',
  sun: 'M10.8 8a2.8 2.8 0 1 1-5.6 0 2.8 2.8 0 0 1 5.6 0ZM8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M3.4 12.6l1.1-1.1M11.5 4.5l1.1-1.1',
  moon: 'M13.2 9.6A5.7 5.7 0 0 1 6.4 2.8a5.7 5.7 0 1 0 6.8 6.8Z',
  half: 'M13.5 8a5.5 5.5 0 1 1-11 0 5.5 5.5 0 0 1 11 0ZM8 2.5v11M8 5.2h3.8M8 8h5.3M8 10.8h3.8',
  more: 'M3 8h.01M8 8h.01M13 8h.01',
  close: 'm4 4 8 8M12 4l-8 8',
  check: 'm3.5 8.5 3 3 6-7',
  pulse: 'M1.5 8.5h3l2-5.5 3 10 2-4.5h3',
  camera: 'M2 4.5h7.5a1 1 0 0 1 1 1v5a1 1 0 0 1-1 1H2ZM10.5 7.2 14 5v6l-3.5-2.2',
  shield: 'M8 1.8 13 3.6v4c0 3.2-2 5.4-5 6.6-3-1.2-5-3.4-5-6.6v-4ZM5.8 7.9l1.6 1.6 2.9-3.1',
  disks:
    'M13 3.8c0 1.1-2.2 2-5 2s-5-.9-5-2 2.2-2 5-2 5 .9 5 2ZM3 3.8v8.4c0 1.1 2.2 2 5 2s5-.9 5-2V3.8M3 8c0 1.1 2.2 2 5 2s5-.9 5-2',
  copy: 'M5.5 5.5v-2a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-2M3.5 5.5h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-6a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1Z',
  download: 'M8 2v8M4.8 7 8 10.2 11.2 7M2.5 13.5h11',
  exit: 'M6 2.5H3.5a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1H6M10.5 5l3 3-3 3M13.2 8H6',
  right: 'm6.5 4.5 3.5 3.5-3.5 3.5',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, small = false }: { name: IconName; small?: boolean }) {
  return (
    <svg
      className={`ic${small ? ' sm' : ''}${name === 'pause' || name === 'more' ? ' bold' : ''}`}
      viewBox="0 0 16 16"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** ▲ or ▼, drawn, because typefaces draw them differently. */
export function Arrow({ up }: { up: boolean }) {
  return (
    <svg className="arrow" viewBox="0 0 8 8" aria-hidden="true">
      <path d={up ? 'M4 1 7.5 7H.5Z' : 'M4 7 .5 1h7Z'} />
    </svg>
  );
}
