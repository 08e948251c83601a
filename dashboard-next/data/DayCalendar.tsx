/**
 * Ninety days as a calendar: the darker, the more rows; an outline is a day that is still open. The table below has the
 * same numbers.
 */
import { calendarOf } from '../model/lake.ts';
import type { LakeDay } from '../model/lake.ts';
import { compact } from '../text/numbers.ts';
import { day, weekday } from '../text/times.ts';

export function DayCalendar({ days, now }: { days: readonly LakeDay[]; now: number }) {
  const cells = calendarOf(days, now);
  const width = 100 / cells.length;
  const filled = cells.filter((cell) => cell.day !== null);
  return (
    <div className="heat">
      <svg
        width="100%"
        height="44"
        role="img"
        aria-label={`The last ${cells.length} days: ${filled.length} have detections; the table below lists them`}
      >
        {cells.map((cell, index) => {
          const t = Date.parse(`${cell.date}T00:00Z`);
          const isMonth = cell.date.endsWith('-01');
          return (
            <g key={cell.date}>
              <rect
                className={`h${cell.level}${cell.day?.state === 'open' ? ' open' : ''}`}
                x={`${(index * width).toFixed(3)}%`}
                width={`${(width * 0.84).toFixed(3)}%`}
                y="2"
                height="22"
                rx="2"
              >
                <title>
                  {`${weekday(t, 'UTC')} ${day(t, 'UTC', now)}: ` +
                    (cell.day ? `${compact(cell.day.rows)} rows, ${cell.day.state}` : 'nothing')}
                </title>
              </rect>
              {(isMonth || index === 0) && !(index === 0 && Number(cell.date.slice(8)) > 20) && (
                <text className={index * width > 68 ? 'ax wide' : 'ax'} x={`${(index * width).toFixed(3)}%`} y="40">
                  {day(t, 'UTC', now)}
                </text>
              )}
            </g>
          );
        })}
        <text className="ax day" x="100%" y="40" textAnchor="end">
          today, UTC
        </text>
      </svg>
    </div>
  );
}
