/** The image holds all that its commands need, and whatever the runbook tells people to run can be run. */
import { describe, expect, it } from '@jest/globals';
import { commandsIn } from './support/tree/commands.ts';
import { imageOf, missingFor } from './support/tree/image.ts';
import { filesOfTheTree, textOf } from './support/tree/files.ts';

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const { scripts, dependencies } = JSON.parse(textOf('package.json')) as Manifest;
const PACKAGES = Object.keys(dependencies);
const tree = { files: filesOfTheTree(), read: textOf };
const texts = {
  dockerfile: textOf('Dockerfile'),
  compose: textOf('docker-compose.yml'),
  ignore: textOf('.dockerignore'),
};
const image = imageOf(texts);
/** Written apart, so that this file itself cites no script that is not there. */
const MISSPELT = 'verfy';

/** What one change of a file would leave out. */
function missingWith(changed: Partial<typeof texts>, read = tree.read): readonly string[] {
  const other = imageOf({ ...texts, ...changed });
  return other.started.flatMap((file) => missingFor(file, other, { ...tree, read }, PACKAGES));
}

/**
 * Why a command of a document cannot be run. In production Node runs TypeScript as it is, and nothing else is there.
 */
function faultsOf(document: string, inProduction: boolean): readonly string[] {
  return commandsIn(document).flatMap(({ text, script, file, options }) => {
    if (script !== undefined) return Object.hasOwn(scripts, script) ? [] : [`${text}: package.json has no such script`];
    if (file === undefined || !tree.files.includes(file)) return [`${text}: there is no such file`];
    if (!inProduction) return [];
    if (options !== '') return [`${text}: the image has nothing for ${options}`];
    return missingFor(file, image, tree, PACKAGES).map((why) => `${text}: ${why}`);
  });
}

describe('the image', () => {
  it.each(['api/main.ts', 'worker/main.ts', 'operations/migrate.ts'])('is started as %s', (file) => {
    expect(image.started).toContain(file);
  });

  it.each(image.started)('holds all that %s needs', (file) => {
    expect(missingFor(file, image, tree, PACKAGES)).toEqual([]);
  });

  it('needs every folder that it copies', () => {
    const folders = image.copied.filter((entry) => !entry.includes('.'));
    const without = folders
      .map((folder) => `COPY ${folder} ${folder}\n`)
      .filter((line) => texts.dockerfile.includes(line));
    expect(without).toHaveLength(folders.length);
    const idle = without.filter((line) => missingWith({ dockerfile: texts.dockerfile.replace(line, '') }).length === 0);
    // `npm run verify` is started by hand.
    expect(idle).toEqual(['COPY verify verify\n']);
  });
});

describe('a planted fault is caught', () => {
  it.each([
    ['COPY printing printing\n', 'api/billing/batches/batch-files.ts needs printing/'],
    ['COPY web web\n', 'api/pages/bills-page.ts needs web, which is not copied'],
    ['COPY workflows workflows\n', 'worker/worker.ts needs workflows/index.ts, which is not copied'],
    [' config-variables.ts', 'config.ts needs config-variables.ts, which is not copied'],
  ])('a Dockerfile without %j', (line, reason) => {
    expect(texts.dockerfile).toContain(line);
    expect(missingWith({ dockerfile: texts.dockerfile.replace(line, '') }).join('\n')).toContain(reason);
  });

  it('a folder that .dockerignore keeps out, and a service that starts what is not there', () => {
    expect(missingWith({ ignore: `${texts.ignore}db/migrations\n` })).toContain(
      'db/migrate.ts needs db/migrations, which is not copied into the image',
    );
    const compose = texts.compose.replace('operations/migrate.ts', 'embedded/schema.ts');
    expect(missingWith({ compose })).toEqual(['the command needs embedded/schema.ts, which is not there']);
  });

  it.each([
    ["import tsx from 'tsx';", 'api/main.ts needs tsx, which is no dependency'],
    ["import { type Bank } from '../simulator/simulator.ts';", 'api/main.ts needs simulator/simulator.ts'],
    ["import { gone } from './gone.ts';", 'api/main.ts needs api/gone.ts, which is not there'],
    ["fork(path.join(import.meta.dirname, '../bench/sale.ts'));", 'api/main.ts needs bench/sale.ts'],
    ['read(new URL(name, import.meta.url));', 'finds a file in a way that nobody can follow'],
  ])('%s', (text, reason) => {
    const read = (file: string): string => (file === 'api/main.ts' ? text : textOf(file));
    expect(missingWith({}, read).join('\n')).toContain(reason);
  });

  it('and a type, which vanishes, is not one', () => {
    const text = "import type { Bank } from '../simulator/simulator.ts';";
    expect(missingWith({}, (file) => (file === 'api/main.ts' ? text : textOf(file)))).toEqual([]);
  });

  it.each(['COPY web /app/pages', 'COPY --chown=node web web', 'COPY domain db ./'])('%s is refused', (line) => {
    expect(() => imageOf({ ...texts, dockerfile: line })).toThrow('not understood');
  });
});

describe('what people are told to run', () => {
  it.each([
    ['docs/runbook.md', true],
    ['.env.example', true],
    ['docker-compose.yml', true],
    ['README.md', false],
  ])('in %s can be run', (file, inProduction) => {
    expect(faultsOf(textOf(file), inProduction)).toEqual([]);
  });

  it('names services of the Compose file', () => {
    const told = [...textOf('docs/runbook.md').matchAll(/docker compose run --rm (\S+)/g)].map(([, name = '']) => name);
    expect(told.length).toBeGreaterThan(0);
    expect(told.filter((name) => !texts.compose.includes(`\n  ${name}:\n`))).toEqual([]);
  });

  it('is found in the runbook', () => {
    const told = commandsIn(textOf('docs/runbook.md')).map(({ script, file }) => script ?? file);
    expect(told).toEqual(
      expect.arrayContaining(['record-histories', 'operations/create-merchant.ts', 'verify/main.ts']),
    );
  });

  it.each([
    [`npm run ${MISSPELT}`, 'package.json has no such script'],
    ['DATABASE_URL=… node operations/create-merchants.ts --id padaria', 'there is no such file'],
    ['node --import tsx operations/create-merchant.ts', 'the image has nothing for --import tsx'],
    ['node embedded/start.ts', 'embedded/start.ts, which is not copied into the image'],
  ])('a planted %s is caught', (text, reason) => {
    expect(faultsOf(`Do this: \`${text}\`.`, true).join('\n')).toContain(reason);
  });

  it.each(Object.entries(scripts))('npm run %s names files that are there', (_, command) => {
    expect(faultsOf(command, false)).toEqual([]);
    const tests = [...command.matchAll(/ (test\/[\w./-]+)/g)].map(([, start = '']) => start);
    expect(tests.filter((start) => !tree.files.some((file) => file.startsWith(start)))).toEqual([]);
  });
});
