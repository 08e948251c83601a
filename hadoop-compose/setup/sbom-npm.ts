/**
 * The node modules of production as components, from npm's lock file: name, version, hash, licence, and who needs whom.
 *
 * Not by `npm sbom`: that of npm 11.19 leaves out a package that is needed in two versions (@types/node), and fails as
 * long as an old package of development asks for the version "latest". A module that lies in several folders in one
 * version is one component.
 */

export interface Component {
  readonly 'bom-ref': string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly [more: string]: unknown;
}

export interface Dependency {
  readonly ref: string;
  readonly dependsOn: readonly string[];
}

interface LockedPackage {
  /** Where it is installed under another name. */
  readonly name?: string;
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export type LockedPackages = Readonly<Record<string, LockedPackage>>;

export interface NpmModules {
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependency[];
  /** References of what the product itself and its workspaces ask for. */
  readonly direct: readonly string[];
}

export function npmModules(packages: LockedPackages): NpmModules {
  const modules = Object.entries(packages).filter(
    ([path, { dev, link }]) => path.includes('node_modules/') && !dev && !link,
  );
  const components = new Map(modules.map(([path, found]) => [refOf(path, found), componentOf(path, found)]));
  const needs = new Map<string, Set<string>>();
  for (const [path, found] of modules) {
    const ref = refOf(path, found);
    needs.set(ref, new Set([...(needs.get(ref) ?? []), ...neededBy(path, packages)]));
  }
  const own = Object.keys(packages).filter((path) => !path.includes('node_modules/'));
  return {
    components: [...components.values()],
    dependencies: [...needs].map(([ref, dependsOn]) => ({
      ref,
      dependsOn: [...dependsOn].filter((one) => components.has(one)).sort(),
    })),
    direct: [...new Set(own.flatMap((path) => neededBy(path, packages)))].filter((ref) => components.has(ref)).sort(),
  };
}

const nameOf = (path: string, { name }: LockedPackage): string => name ?? path.split('node_modules/').at(-1)!;

function refOf(path: string, found: LockedPackage): string {
  return `pkg:npm/${nameOf(path, found).replace('@', '%40')}@${found.version}`;
}

function componentOf(path: string, found: LockedPackage): Component {
  const ref = refOf(path, found);
  const [algorithm = '', base64 = ''] = (found.integrity ?? '').split('-');
  const hashes = [{ alg: algorithm.replace(/^sha/, 'SHA-'), content: Buffer.from(base64, 'base64').toString('hex') }];
  return {
    'bom-ref': ref,
    type: 'library',
    name: nameOf(path, found),
    version: found.version ?? '',
    purl: ref,
    scope: found.optional ? 'optional' : 'required',
    ...(found.integrity ? { hashes } : {}),
    ...(found.license ? { licenses: [{ expression: found.license }] } : {}),
  };
}

/** As Node looks for them: in its own node_modules, then in that of each folder above. */
function neededBy(path: string, packages: LockedPackages): string[] {
  const { dependencies, optionalDependencies, peerDependencies } = packages[path]!;
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }).flatMap((name) => {
    for (
      let folder = path;
      ;
      folder = folder.includes('/node_modules/') ? folder.slice(0, folder.lastIndexOf('/node_modules/')) : ''
    ) {
      const at = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
      if (packages[at]) return packages[at].link ? [] : [refOf(at, packages[at])];
      if (folder === '') return [];
    }
  });
}
