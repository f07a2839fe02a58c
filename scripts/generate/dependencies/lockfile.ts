import { readFileSync } from "node:fs";

/** An entry of package-lock.json. */
export interface LockedPackage {
  /** where npm puts it, such as `node_modules/compression/node_modules/debug` */
  path: string;
  name: string;
  version: string;
  licence: string;
  integrity: string | undefined;
  /** the archive's address, where the lockfile has it */
  resolved: string | undefined;
  /** what `npm ci --omit=dev` leaves out */
  development: boolean;
  /** what `npm ci --omit=dev --omit=optional` leaves out besides */
  optional: boolean;
  hasInstallScript: boolean;
  /** one of several builds, of which npm installs the machine's own */
  isPlatformBuild: boolean;
  /** paths of the packages that it needs */
  needs: string[];
}

export interface Lockfile {
  packages: LockedPackage[];
  /** paths of the packages that package.json asks for itself, optional ones too; without those for development */
  direct: string[];
}

type Names = Record<string, string>;

interface Entry {
  version?: string;
  license?: string;
  integrity?: string;
  resolved?: string;
  dev?: boolean;
  optional?: boolean;
  devOptional?: boolean;
  hasInstallScript?: boolean;
  link?: boolean;
  os?: string[];
  dependencies?: Names;
  optionalDependencies?: Names;
  peerDependencies?: Names;
}

type Entries = Readonly<Record<string, Entry>>;

/** The packages of package-lock.json, which alone says what `npm ci` installs, on whatever machine. */
export function readLockfile(file = "package-lock.json"): Lockfile {
  const { packages: entries }: { packages: Entries } = JSON.parse(readFileSync(file, "utf8"));
  const packages = Object.entries(entries).filter(([path, { link }]) => path !== "" && link !== true);
  return {
    packages: packages.map(([path, entry]) => ({
      path,
      name: path.replace(/^.*node_modules\//, ""),
      version: entry.version ?? "",
      licence: entry.license ?? "",
      integrity: entry.integrity,
      resolved: entry.resolved,
      development: entry.dev === true,
      optional: entry.optional === true || entry.devOptional === true,
      hasInstallScript: entry.hasInstallScript === true,
      isPlatformBuild: entry.os !== undefined,
      needs: neededBy(entries, path),
    })),
    direct: neededBy(entries, ""),
  };
}

/** What a production install gets on one machine: of the builds for several platforms one. */
export function installedCount(packages: readonly LockedPackage[]): number {
  const production = packages.filter(({ development }) => !development);
  const builds = production.filter(({ isPlatformBuild }) => isPlatformBuild).length;
  return production.length - Math.max(0, builds - 1);
}

/** The packages at these paths, and all that they need. */
export function closureOf(packages: readonly LockedPackage[], paths: readonly string[]): Set<string> {
  const byPath = new Map(packages.map((locked) => [locked.path, locked]));
  const found = new Set<string>();
  const visit = (path: string) => {
    if (found.has(path)) return;
    found.add(path);
    byPath.get(path)?.needs.forEach(visit);
  };
  paths.forEach(visit);
  return found;
}

function neededBy(entries: Entries, path: string): string[] {
  const { dependencies, optionalDependencies, peerDependencies } = entries[path] ?? {};
  const names = new Set(
    [dependencies, optionalDependencies, peerDependencies].flatMap((needed) => Object.keys(needed ?? {})),
  );
  // A peer or an optional package need not be there.
  return [...names].map((name) => find(entries, path, name)).filter((found) => found !== undefined);
}

/** As Node.js does: beside the package, else one level further out. */
function find(entries: Entries, from: string, name: string): string | undefined {
  const path = `${from === "" ? "" : `${from}/`}node_modules/${name}`;
  if (Object.hasOwn(entries, path)) return path;
  if (from === "") return undefined;
  const outer = from.lastIndexOf("/node_modules/");
  return find(entries, outer < 0 ? "" : from.slice(0, outer), name);
}
