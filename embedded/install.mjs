// Installs the packages of package-lock.json when they are missing or stale. Uses nothing but Node and npm, because it
// runs before anything else exists.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** 20.19 and 22.12 are the first that can require() an ES module, which the linter needs. */
export function nodeIsRecentEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major === 20) return minor >= 19;
  if (major === 22) return minor >= 12;
  return major > 22;
}

/** Changes with the lock, the machine's kind and Node's binary interface: each of them makes the packages stale. */
export function stampOf(lock) {
  return createHash('sha256')
    .update(lock)
    .update(`${process.platform}-${process.arch}-${process.versions.modules}`)
    .digest('hex');
}

export function install(root) {
  const stampFile = path.join(root, 'node_modules', '.installed');
  const stamp = stampOf(readFileSync(path.join(root, 'package-lock.json')));
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  npmCi(root);
  mkdirSync(path.dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp);
}

function npmCi(root) {
  console.log('Installing packages (npm ci), once; this takes about a minute ...');
  // `--include=dev`: NODE_ENV=production in somebody's shell would leave out what runs TypeScript.
  const args = ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath; // npm names itself when it runs this; a shim of another npm may be on PATH.
  const result = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (result.status === 0) return;
  console.error('npm ci failed: with a network, or with the packages in the cache of npm, run the same command again.');
  process.exit(result.status ?? 1);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (!nodeIsRecentEnough(process.versions.node)) {
    console.error(`Node ${process.versions.node} is too old: 20.19, 22.12 or newer is needed.`);
    process.exit(1);
  }
  install(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
}
