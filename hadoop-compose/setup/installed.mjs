/**
 * Which part of the lock file is in node_modules: npm writes down what it installed in node_modules/.package-lock.json,
 * at the end.
 *
 * A package counts as there if path, version and hash are those of the lock file. Optional ones may be missing: they
 * are for other platforms, or may fail. The set-up (modules.mjs) asks.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** 'all', 'production' (all but development packages), or null if a package is missing or has another version. */
export function installedPart(root) {
  const list = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(list)) return null;
  const installed = packagesOf(list);
  const missing = Object.entries(packagesOf(join(root, 'package-lock.json'))).filter(
    ([path, wanted]) => !isThere(wanted, installed[path]),
  );
  if (missing.length === 0) return 'all';
  return missing.every(([, wanted]) => wanted.dev || wanted.devOptional) ? 'production' : null;
}

function packagesOf(file) {
  const { packages } = JSON.parse(readFileSync(file, 'utf8'));
  return Object.fromEntries(
    Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && !link),
  );
}

function isThere(wanted, found) {
  if (found === undefined) return wanted.optional === true;
  return found.version === wanted.version && (found.integrity ?? '') === (wanted.integrity ?? '');
}

/** Whether npm was told to omit development packages. `npm run x --omit=dev` sets the first of these variables. */
export function omitsDev(environment = process.env) {
  const include = (environment.npm_config_include ?? '').split(/[\s,]+/);
  if (include.includes('dev')) return false;
  return (environment.npm_config_omit ?? '').split(/[\s,]+/).includes('dev') || environment.NODE_ENV === 'production';
}
