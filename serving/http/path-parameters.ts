/**
 * What each path of the API may be asked: its parameters.
 *
 * The handler of a path reads these, and openapi-document.ts tells them; no parameter is read that is not here, so the
 * document leaves none out.
 */
import { WEEK_SECONDS } from '../../core/domain/time.ts';
import { EXPORT_FORMATS } from '../app/exports.ts';
import { STREAMED_LIMIT, STREAMED_WINDOW } from '../stream/question.ts';
import { choice, cursor, date, epochName, flag, oid, scope, streamed, time, whole, zone } from './parameters.ts';

const LOCATION = { location: scope('A place, or all of them') };
const WINDOW = {
  from: time('Begin of the window; an hour before its end if left out'),
  to: time('End of the window, excluded, so it is after the begin; now if left out'),
};
const PARTS = {
  parts: flag('Adds how much the batch view and the speed view hold'),
  allow_partial: flag('Answers with one view alone while the other is away; view.missing names it'),
};
const MOST_ITEMS = {
  limit: whole('Most items', { ...STREAMED_LIMIT, byDefault: 10 }),
  since: time('Adds how many there were from then until now, counted at the same moment'),
};

export const TOP_ITEMS = { ...LOCATION, ...WINDOW, ...MOST_ITEMS, ...PARTS };
export const LOCATIONS = { ...WINDOW, ...PARTS };
export const TIMELINE = {
  ...LOCATION,
  ...WINDOW,
  step: whole('Seconds, a multiple of 60; an answer has at most 20,160 points', {
    least: 60,
    greatest: WEEK_SECONDS,
    multipleOf: 60,
    byDefault: 60,
  }),
  tz: zone(
    'Days are those of this zone of the IANA list, 23 or 25 hours where its clocks change; then each point says where it ends (to)',
  ),
  ...PARTS,
};
export const DETECTIONS = {
  ...LOCATION,
  ...WINDOW,
  limit: whole('Most rows', { least: 1, greatest: 500, byDefault: 50 }),
  cursor: cursor('next_cursor of the page before'),
};
export const DETECTION = { dt: date('Looks into this day of the lake too') };
export const DETECTION_PATH = { detection_oid: oid('Its id') };
export const STREAM = {
  ...LOCATION,
  window: whole('Seconds up to now', { ...STREAMED_WINDOW, byDefault: 300 }),
  ...MOST_ITEMS,
  questions: streamed('Several in one stream; the other parameters count for nothing then'),
};
export const EXPORT = { ...LOCATION, ...WINDOW, format: choice('Of the file', EXPORT_FORMATS, 'parquet') };
export const RUNS = { limit: whole('Most of each', { least: 1, greatest: 1_000, byDefault: 50 }) };
export const RUN_PATH = { epoch: epochName('Its name') };
