'use client';
/** The Cameras page: which camera has what trouble, since when, the worst first. */
import type { FootageCamerasAnswer } from '../../serving/footage-answers.ts';
import { answerOf, faultOfAnswer } from '../model/board.ts';
import { camerasPath } from '../feed/http-questions.ts';
import { FaultMessage } from '../frame/FaultMessage.tsx';
import { Frame } from '../frame/Frame.tsx';
import { useLastPictures } from '../hooks/useFootage.ts';
import type { PageState } from '../hooks/usePage.ts';
import { usePage } from '../hooks/usePage.ts';
import { countsText } from '../model/cameras.ts';
import type { PageProps } from '../model/page.ts';
import { boundsText, dayClock } from '../text/times.ts';
import { offsetText } from '../text/zones.ts';
import { CameraRow } from './CameraRow.tsx';

export function CamerasPage(props: PageProps) {
  const page = usePage(props);
  const { board, choices, now } = page;
  const answer = answerOf(board, 'cameras');
  const fault = faultOfAnswer(board, 'cameras');
  const analysedTo = answer?.analysed_to ?? null;
  return (
    <Frame page={page} title="Cameras · Sightline" json={camerasPath()}>
      <div className="pagehead">
        <h1>Cameras</h1>
        <p className="hint num">
          {answer && analysedTo !== null && (
            <>
              {boundsText(answer, choices.tz, now)}, analysed up to {dayClock(analysedTo, choices.tz, now)}{' '}
              {offsetText(analysedTo, choices.tz)}
            </>
          )}
        </p>
      </div>
      <section className="card cameras" aria-labelledby="cameras-title">
        <header>
          <h2 id="cameras-title">State of each camera</h2>
          <span className="hint num">{answer && countsText(answer)}</span>
        </header>
        {!answer && fault && <FaultMessage fault={fault} page={page} />}
        {!answer && !fault && <p className="lead">No answer yet</p>}
        {answer && answer.total === 0 && <p className="lead">{emptyText(answer, props.footageIsThere)}</p>}
        {answer && answer.total > 0 && <CameraRows answer={answer} page={page} />}
      </section>
    </Frame>
  );
}

function emptyText({ analysed_to }: FootageCamerasAnswer, isThere: boolean) {
  if (analysed_to !== null) return 'No camera has handed over footage within these hours.';
  if (isThere)
    return (
      <>
        Footage is there, and none of it is analysed for these hours: <code>npx sightline footage analyse</code>{' '}
        analyses every epoch that is over.
      </>
    );
  return (
    <>
      No camera has handed over footage: <code>npm start -- --footage</code> simulates it, and{' '}
      <code>npx sightline footage agent</code> takes it in on a gateway.
    </>
  );
}

function CameraRows({ answer, page }: { answer: FootageCamerasAnswer; page: PageState }) {
  const { cameras, total } = answer;
  const pictures = useLastPictures(page.footage ? cameras : [], page.choices.refresh === 'off');
  return (
    <>
      <ul className={page.footage ? 'seen-by' : undefined}>
        {cameras.map((camera) => (
          <CameraRow
            key={camera.video_camera_oid}
            camera={camera}
            window={answer}
            page={page}
            picture={page.footage ? (pictures.get(camera.video_camera_oid) ?? null) : undefined}
          />
        ))}
      </ul>
      {total > cameras.length && (
        <p className="lead num">
          {(total - cameras.length).toLocaleString('en')} more cameras; the API lists them by <code>limit</code>.
        </p>
      )}
    </>
  );
}
