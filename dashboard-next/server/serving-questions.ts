/**
 * The pages' questions asked of serving directly: the server's side of the port in model/questions.ts.
 *
 * The first paint gets the same answers as the API gives, without a request to itself. Faults become the same kinds of
 * NoAnswer as over HTTP.
 */
import { oid } from '../../core/domain/oid.ts';
import type { Scope } from '../../core/domain/counts.ts';
import { messageOf } from '../../core/process/errors.ts';
import type { Serving } from '../../serving/app/app.ts';
import { reportsFor } from '../../serving/http/role-reports.ts';
import { isFault } from '../../serving/faults.ts';
import { problemOf } from '../../serving/problem.ts';
import { verdictOf } from '../feed/http-questions.ts';
import type { Questions } from '../model/questions.ts';
import type { Role } from '../../serving/access/caller.ts';
import { NoAnswer } from '../model/questions.ts';
import { reportOf } from '../model/report.ts';

/** As many as the API lists without a limit. */
const SHOWN_CAMERAS = 200;

export function servingQuestions(serving: () => Serving, role: Role): Questions {
  const ask = async <Answer>(question: (from: Serving) => Promise<Answer>): Promise<Answer> => {
    try {
      return await question(serving());
    } catch (thrown) {
      throw noAnswerOf(thrown);
    }
  };
  return {
    topItems: (question) => ask((from) => from.topItems({ ...question, location: scopeOf(question.location) })),
    timeline: (question) => ask((from) => from.timeline({ ...question, location: scopeOf(question.location) })),
    locations: (question) => ask((from) => from.locations(question)),
    trust: () => ask((from) => reportsFor(role, from).trust()),
    verdict: (epoch) =>
      ask(async (from) => {
        // As over HTTP, a role that may not see runs gets no verdict.
        const report = role === 'operator' ? await from.run(epoch) : null;
        return report ? verdictOf(report) : null;
      }),
    detections: (question) => ask((from) => from.detections({ ...question, location: scopeOf(question.location) })),
    detection: (id, dt) => ask((from) => from.detection(oid(id), dt ?? undefined)),
    runs: () => ask((from) => reportsFor(role, from).runs()),
    report: (epoch) =>
      ask(async (from) => {
        const report = await reportsFor(role, from).run(epoch);
        return report ? reportOf(report) : null;
      }),
    lake: () => ask((from) => from.lake()),
    cameras: () => ask((from) => from.cameras({ limit: SHOWN_CAMERAS })),
  };
}

function scopeOf(location: string): Scope {
  return location === 'all' ? 'all' : oid(location);
}

function noAnswerOf(thrown: unknown): NoAnswer {
  return new NoAnswer(kindOf(thrown), problemOf(thrown).title, { detail: messageOf(thrown) });
}

function kindOf(thrown: unknown): NoAnswer['kind'] {
  if (isFault('TooCostly', thrown)) return 'costly';
  if (isFault('Retryable', thrown) || isFault('TooManyRequests', thrown) || isFault('Refusal', thrown)) return 'down';
  return 'refused';
}
