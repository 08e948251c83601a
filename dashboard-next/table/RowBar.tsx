/**
 * The faint bar behind a name: how long it is beside the longest. The number stands in its own column, so this is
 * decoration.
 */
export function RowBar({ part, whole }: { part: number; whole: number }) {
  const width = whole > 0 ? ((part / whole) * 100).toFixed(2) : '0';
  return (
    <svg className="bar" aria-hidden="true" width="100%" height="100%" preserveAspectRatio="none">
      <rect className="f-bar" height="100%" rx="3" width={`${width}%`} />
    </svg>
  );
}
