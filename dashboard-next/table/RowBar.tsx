/**
 * The faint bar behind a name: its length compares the row with the longest. It is decoration; the number has its own
 * column.
 */
export function RowBar({ part, whole }: { part: number; whole: number }) {
  const width = whole > 0 ? ((part / whole) * 100).toFixed(2) : '0';
  return (
    <svg className="bar" aria-hidden="true" width="100%" height="100%" preserveAspectRatio="none">
      <rect className="f-bar" height="100%" rx="3" width={`${width}%`} />
    </svg>
  );
}
