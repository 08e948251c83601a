/** The choice of the time zone. The long list is made when somebody opens it. */
import { useState } from 'react';
import { offsetText } from '../text/zones.ts';
import { Icon } from './Icon.tsx';

interface Props {
  readonly id: string;
  readonly tz: string;
  readonly now: number;
  readonly onChange: (tz: string) => void;
}

export function ZoneSelect({ id, tz, now, onChange }: Props) {
  const [zones, setZones] = useState<readonly string[]>([]);
  const fill = (): void => {
    if (zones.length > 0) return;
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    setZones([...new Set(['UTC', own, tz, ...Intl.supportedValuesOf('timeZone')])]);
  };
  const options = zones.length > 0 ? zones : [...new Set(['UTC', tz])];
  return (
    <span className="pick ghost zone">
      <span aria-hidden="true">{tz === 'UTC' ? 'UTC' : offsetText(now, tz)}</span>
      <Icon name="down" small />
      <select
        id={id}
        aria-label="Time zone"
        title={`Time zone: ${tz}`}
        value={tz}
        onPointerDown={fill}
        onFocus={fill}
        onChange={(event) => onChange(event.target.value)}
      >
        {options.map((zone) => (
          <option key={zone} value={zone}>
            {zone.replaceAll('_', ' ')}
          </option>
        ))}
      </select>
    </span>
  );
}
