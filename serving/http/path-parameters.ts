/**
 * The parameters of every path of the API.
 *
 * Handlers read them, and openapi-document.ts publishes them. A handler reads no other parameter, so the document is
 * complete.
 */
import { WEEK_SECONDS } from '../../core/domain/time.ts';
import { EXPORT_FORMATS } from '../app/exports.ts';
import { STREAMED_LIMIT, STREAMED_WINDOW } from '../stream/question.ts';
import {
  choice,
  cursor,
  date,
  epochName,
  flag,
  footageCursor,
  footageName,
  oid,
  oidIfGiven,
  scope,
  questionNames,
  time,
  wholeNumber,
  zone,
} from './parameters.ts';

const LOCATION = { location: scope('The oid of a place, or all for every place') };
const WINDOW = {
  from: time('Start of the window, included; by default one hour before its end'),
  to: time('End of the window, excluded; it must be after the start; by default now'),
};
const PARTS = {
  parts: flag('Adds how much of each number comes from the batch view and from the speed view'),
  allow_partial: flag('Answers from one view while the other does not answer; view.missing names the missing view'),
};
const MOST_ITEMS = {
  limit: wholeNumber('Maximum number of items', { ...STREAMED_LIMIT, byDefault: 10 }),
  since: time('Adds the total from this time until now, counted at the same moment'),
};

export const TOP_ITEMS = { ...LOCATION, ...WINDOW, ...MOST_ITEMS, ...PARTS };
export const LOCATIONS = { ...WINDOW, ...PARTS };
export const TIMELINE = {
  ...LOCATION,
  ...WINDOW,
  step: wholeNumber('Length of a step in seconds, a multiple of 60; an answer has at most 20,160 points', {
    least: 60,
    greatest: WEEK_SECONDS,
    multipleOf: 60,
    byDefault: 60,
  }),
  tz: zone(
    'Time zone (IANA name) of the days, which have 23 or 25 hours when its clocks change; each point then has a to',
  ),
  ...PARTS,
};
export const DETECTIONS = {
  ...LOCATION,
  ...WINDOW,
  limit: wholeNumber('Maximum number of rows', { least: 1, greatest: 500, byDefault: 50 }),
  cursor: cursor('next_cursor of the previous page'),
};
export const DETECTION = { dt: date('Also reads this day of the lake') };
export const DETECTION_PATH = { detection_oid: oid('The id of the detection') };
const CAMERA = oid('The id of the camera');
export const FOOTAGE = {
  camera: { ...CAMERA, isRequired: true as const },
  from: WINDOW.from,
  to: WINDOW.to,
  limit: wholeNumber('Maximum number of files', { least: 1, greatest: 500, byDefault: 50 }),
  cursor: footageCursor('next_cursor of the previous page'),
};
export const FOOTAGE_CAMERAS = {
  from: time('Start of the window, included; by default 24 hours before its end'),
  to: WINDOW.to,
  camera: oidIfGiven('Only this camera'),
  limit: wholeNumber('Maximum number of cameras', { least: 1, greatest: 1_000, byDefault: 200 }),
};
export const FOOTAGE_FILE_PATH = {
  camera: CAMERA,
  date: date('The day (UTC) on which the file was taken'),
  name: footageName('The name of the file; href in a list has the whole path'),
};
export const STREAM = {
  ...LOCATION,
  window: wholeNumber('Length of the window in seconds; it ends now', { ...STREAMED_WINDOW, byDefault: 300 }),
  ...MOST_ITEMS,
  questions: questionNames('Several questions in one stream; all other parameters are then ignored'),
};
export const EXPORT = { ...LOCATION, ...WINDOW, format: choice('Format of the file', EXPORT_FORMATS, 'parquet') };
export const RUNS = {
  limit: wholeNumber('Maximum number of runs, and of failed attempts', { least: 1, greatest: 1_000, byDefault: 50 }),
};
export const RUN_PATH = { epoch: epochName('The name of the epoch') };
