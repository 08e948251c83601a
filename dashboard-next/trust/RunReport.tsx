/** The report of a night: facts, tallies, the comparison, and the command that compares again. */
import type { ReactNode } from 'react';
import { noteOf, VERDICTS } from '../model/nights.ts';
import { bytes, count } from '../text/numbers.ts';
import type { Report } from '../model/report.ts';
import { boundsText, dayClock } from '../text/times.ts';
import { ConflictList } from './ConflictList.tsx';
import { CopyButton } from '../elements/CopyButton.tsx';
import { Differences } from './Differences.tsx';
import { TalliesBar } from './TalliesBar.tsx';
import { Verdict } from './Verdict.tsx';
import type { PageState } from '../hooks/usePage.ts';

export function RunReport({ report, page }: { report: Report; page: PageState }) {
  const { now, say } = page;
  const command = `sightline batch run --epoch ${report.epoch} --reprocess all`;
  const note = noteOf({ result: report.result, differences: report.differenceCount, unproven: [...report.unproven] });
  return (
    <>
      <section className="card facts night" aria-label="The run">
        <header>
          <Verdict word={VERDICTS[report.result]} />
          <span className="hint">
            {note || `no difference in ${count(report.cells)} cells of ${count(report.partitions.length)} partitions`}
          </span>
          <span className="sp" />
        </header>
        <dl className="grid">
          <Fact name="Epoch">{boundsText(report, 'UTC', now)} UTC</Fact>
          <Fact name="Published">{dayClock(report.published_at, 'UTC', now)} UTC</Fact>
          <Fact name="Took">
            {((report.published_at - report.began_at) / 1_000).toFixed(1)} s, {report.engine}
            {report.resumed && ', finished an earlier attempt'}
          </Fact>
          <Fact name="Detections published">
            {count(report.rows)}, {bytes(report.bytes)} in {count(report.fileCount)} files
          </Fact>
          <Fact name="Copies of earlier epochs">{count(report.copies_of_earlier_epochs)}</Fact>
          <Fact name="Deferred">
            {count(report.deferred.published)} published, {count(report.deferred.copies)} copies
          </Fact>
          <Fact name="Places missing in dataset B">
            {count(report.unknownPlaces.count)}, {count(report.unknownPlaces.detections)} detections
          </Fact>
          <Fact name="Generation, places table">
            {report.generation}, {report.reference_version === null ? 'none' : `v${report.reference_version}`}
          </Fact>
        </dl>
        {report.unproven.length > 0 && (
          <ul className="lead warned">
            {report.unproven.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        )}
        <footer>
          <span>
            Compare again: <code>{command}</code>
          </span>
          <CopyButton text={command} what="command" say={say} />
        </footer>
      </section>
      <TalliesBar title="Records of this epoch" tallies={{ records: report.records, ...pickTallies(report) }} />
      <Differences report={report} page={page} />
      {report.conflictCount > 0 && (
        <section className="card" aria-labelledby="conflicts-title">
          <header>
            <h2 id="conflicts-title">Conflicts</h2>
            <span className="hint num">
              {report.conflicts.length < report.conflictCount
                ? `the first ${count(report.conflicts.length)} of ${count(report.conflictCount)}; the JSON has all`
                : count(report.conflictCount)}
            </span>
          </header>
          <ConflictList conflicts={report.conflicts} />
        </section>
      )}
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="num">{children}</dd>
    </div>
  );
}

function pickTallies({ tallies }: Report) {
  const { copies, strays, deferred, dead_letters, ticks } = tallies;
  return { new: tallies.new, copies, strays, deferred, dead_letters, ticks };
}
