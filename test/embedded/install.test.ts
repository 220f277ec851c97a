/** Packages are installed when the lock, the machine or Node changed, and not otherwise. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

const script = path.resolve(import.meta.dirname, '../../embedded/install.mjs');

/** A project with the real script, a lock, and an npm that only writes down how it was called. */
function project() {
  const root = mkdtempSync(path.join(tmpdir(), 'relink-install-'));
  cpSync(script, path.join(root, 'embedded/install.mjs'));
  const lock = path.join(root, 'package-lock.json');
  const calls = path.join(root, 'calls.txt');
  const npm = path.join(root, 'npm.cjs');
  writeFileSync(lock, '{"lockfileVersion":3}');
  writeFileSync(calls, '');
  return {
    changeLock: () => writeFileSync(lock, '{"lockfileVersion":3,"packages":{}}'),
    calls: () => readFileSync(calls, 'utf8').trim().split('\n').filter(Boolean),
    stamped: () => existsSync(path.join(root, 'node_modules/.installed')),
    run: (exit = 0) => {
      writeFileSync(
        npm,
        `require('fs').appendFileSync('calls.txt', process.argv.slice(2).join(' ') + '\\n'); process.exit(${exit});`,
      );
      const env = { ...process.env, npm_execpath: npm, NODE_ENV: 'production' };
      return spawnSync(process.execPath, [path.join(root, 'embedded/install.mjs')], { encoding: 'utf8', env });
    },
  };
}

describe('the installation', () => {
  it('runs once, and again after the lock changed', () => {
    const { run, calls, changeLock } = project();
    run();
    expect(run().stdout).toBe('');
    expect(calls()).toEqual(['ci --include=dev --ignore-scripts --no-audit --no-fund --loglevel=error']);
    changeLock();
    run();
    run();
    expect(calls()).toHaveLength(2);
  });

  it('that fails says what to do and leaves no stamp, so that the next start tries again', () => {
    const { run, stamped } = project();
    const failed = run(1);
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain('npm ci failed');
    expect(stamped()).toBe(false);
    expect(run().status).toBe(0);
    expect(stamped()).toBe(true);
  });
});

describe('Node', () => {
  it('is too old before 20.19, 22.12 and in 21', () => {
    const versions = ['18.20.0', '20.18.9', '20.19.0', '21.7.0', '22.11.0', '22.12.0', '24.0.0'];
    const probe = `import(${JSON.stringify(script)}).then((it) => console.log(JSON.stringify(${JSON.stringify(versions)}.filter(it.nodeIsRecentEnough))))`;
    const { stdout } = spawnSync(process.execPath, ['-e', probe], { encoding: 'utf8' });
    expect(JSON.parse(stdout)).toEqual(['20.19.0', '22.12.0', '24.0.0']);
  });
});
