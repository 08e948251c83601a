/**
 * The failed tests in what node's spec reporter printed, a line each: the name, the error's first words and where it
 * was thrown.
 *
 * A long run prints thousands of lines; who looks at its end wants to know what to look at first. A test that runs
 * other tests in a process of their own lets their output through, so what failed inside comes before the test that ran
 * it.
 */

/** An entry of the list with which the reporter closes: where the test is, its name, then its error. */
const ENTRY = /^test at \S+:\d+:\d+$/;
const NAME = /^✖ (.+) \([\d.]+ms\)$/;
const STACK = /^\s+at (?:.*\()?(?:async )?(?:file:\/\/)?(.+:\d+):\d+\)?/;
/**
 * Lines at both ends of an error's text, and characters of each, that are worth repeating: the whole of it is further
 * up.
 */
const ERROR = { first: 3, last: 3, characters: 120 };

/** `take` is given the lines of a step in their order. */
export function failureCollector(root = process.cwd()) {
  const failures = [];
  let isNameNext = false;
  let open = null;
  const takeOfError = (line) => {
    const [, where] = STACK.exec(line) ?? [];
    if (where !== undefined && !where.startsWith('node:')) {
      open.where = where.replace(`${root}/`, '');
      open = null;
    } else if (where === undefined && line.trim() !== '') {
      open.error.push(line.trim());
    }
  };
  const take = (line) => {
    const name = isNameNext ? NAME.exec(line)?.[1] : undefined;
    isNameNext = ENTRY.test(line);
    if (name !== undefined) {
      open = { name, error: [], where: '' };
      failures.push(open);
    } else if (/^\S/.test(line) || /^\s*[✖✔▶]/.test(line)) open = null;
    else if (open) takeOfError(line);
  };
  const told = ({ name, error, where }) => `✖ ${name}: ${shortened(error)}${where === '' ? '' : ` (${where})`}`;
  return { take, failures: () => failures.map(told) };
}

/**
 * What another program said stands at the end, after the command that was run: a traceback's last line is its error.
 */
function shortened(lines) {
  const { first, last, characters } = ERROR;
  const kept = lines.length <= first + last ? lines : [...lines.slice(0, first), '…', ...lines.slice(-last)];
  return kept.map((line) => (line.length <= characters ? line : `${line.slice(0, characters)}…`)).join(' ');
}
