/** Finds a place by name or oid, and a detection by its oid. Also the list from which a place is chosen. */
import { useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { LocationsAnswer } from '../../serving/answers.ts';
import type { Shown } from '../live/address.ts';
import { placeName } from '../live/names.ts';
import { count } from '../live/numbers.ts';
import { matching } from '../live/rows.ts';
import { Dialog } from './Dialog.tsx';
import { Icon } from './Icon.tsx';
import type { Change } from './useAddress.ts';

const MOST = 50;
const OID = /^#?(0|-?[1-9]\d{0,18})$/;

interface Props {
  readonly isOpen: boolean;
  readonly close: () => void;
  readonly places: LocationsAnswer | null;
  readonly shown: Shown;
  readonly change: Change;
}

export function PlaceFinder({ isOpen, close, ...rest }: Props) {
  return (
    <Dialog title="Find a place or a detection" isOpen={isOpen} close={close} className="finder">
      <Finder close={close} {...rest} />
    </Dialog>
  );
}

interface Entry {
  readonly oid: string;
  readonly name: string | null;
  readonly count: number | null;
}

function Finder({ close, places, shown, change }: Omit<Props, 'isOpen'>) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const all: Entry[] = (places?.locations ?? []).map((place) => ({ oid: place.geographical_location_oid, name: placeName(place.geographical_location), count: place.count }));
  const found = matching(all, text);
  const asOid = OID.exec(text.trim())?.[1] ?? null;
  const unknown: Entry[] = asOid && !all.some(({ oid }) => oid === asOid) ? [{ oid: asOid, name: null, count: null }] : [];
  const entries: (Entry | 'all')[] = [...(text.trim() === '' ? (['all'] as const) : []), ...found.slice(0, MOST), ...unknown];
  const choose = (entry: Entry | 'all' | undefined): void => {
    if (!entry) return;
    change({ location: entry === 'all' ? 'all' : entry.oid });
    close();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') choose(entries[at]);
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(entries.length - 1, at + step));
    setAt(next);
    document.getElementById(`found-${next}`)?.scrollIntoView({ block: 'nearest' });
  };
  return (
    <>
      <label className="srch wide">
        <Icon name="search" />
        <span className="vh">Name or oid</span>
        <input
          type="search"
          data-first
          role="combobox"
          aria-expanded="true"
          aria-controls="found"
          aria-activedescendant={entries[at] ? `found-${at}` : undefined}
          placeholder="Name or oid"
          value={text}
          onKeyDown={onKeyDown}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
        />
      </label>
      <ul id="found" role="listbox" aria-label="Places">
        {entries.map((entry, index) => (
          <li key={entry === 'all' ? 'all' : entry.oid} id={`found-${index}`} role="option" aria-selected={index === at} className={isShown(entry, shown) ? 'here' : undefined} onPointerMove={() => setAt(index)} onClick={() => choose(entry)}>
            <EntryText entry={entry} />
          </li>
        ))}
      </ul>
      {entries.length === 0 && <p className="none">No place matches ‘{text}’.</p>}
      {found.length > MOST && <p className="hint num">{count(found.length - MOST)} more; type to narrow them down</p>}
      {asOid && (
        <p className="detection">
          <a href={`/api/v1/detections/${asOid}`}>
            Detection <span className="num">{asOid}</span> as JSON
          </a>
        </p>
      )}
    </>
  );
}

function isShown(entry: Entry | 'all', shown: Shown): boolean {
  return (entry === 'all' ? 'all' : entry.oid) === shown.location;
}

function EntryText({ entry }: { entry: Entry | 'all' }) {
  if (entry === 'all') return <span className="label">All places</span>;
  return (
    <>
      <span className="label">
        {entry.name ? <bdi>{entry.name}</bdi> : <i>Unknown place</i>} <span className="oid num">#{entry.oid}</span>
      </span>
      <span className="num">{entry.count === null ? '' : count(entry.count)}</span>
    </>
  );
}
