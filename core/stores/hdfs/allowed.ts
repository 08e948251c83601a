/** What HDFS lets this user do with a folder, as the NameNode tells it; admin/prepare/rights.ts asks. */
import { asking } from './asking.ts';
import type { HdfsSettings } from './asking.ts';
import { isMissing } from './faults.ts';

const ANSWER_LIMIT_MS = 20_000;

/** Letters of rwx for each path below the root; null if it is not there. */
export async function allowedInFolders(
  config: HdfsSettings,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const ask = asking(config, ANSWER_LIMIT_MS);
  const mayDo = (path: string, letter: string): Promise<boolean | null> =>
    ask
      .json('GET', 'checkaccess', path, {
        params: { fsaction: 'rwx'.replace(/./g, (one) => (one === letter ? one : '-')) },
      })
      .then(
        () => true,
        (fault: unknown) => {
          if (isMissing(fault)) return null;
          if (/permission denied/i.test(String(fault))) return false;
          throw fault;
        },
      );
  const found = await Promise.all(
    paths.map(async (path) => {
      const held = await Promise.all([...'rwx'].map(async (letter) => [letter, await mayDo(path, letter)] as const));
      if (held.some(([, may]) => may === null)) return [path, null] as const;
      return [
        path,
        held
          .filter(([, may]) => may)
          .map(([letter]) => letter)
          .join(''),
      ] as const;
    }),
  );
  return new Map(found);
}
