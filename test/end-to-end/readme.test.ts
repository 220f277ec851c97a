/**
 * What the README tells a newcomer to type is typed here, to the letter, in a copy of the project with nothing started.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cacheDir } from '../../embedded/services.ts';
import { findTemporal } from '../../embedded/temporal-binary.ts';
import { PATIENT_MS } from '../limits/limits.ts';
import { until } from '../limits/until.ts';

const root = path.resolve(import.meta.dirname, '../..');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

describe('the README', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'relink-readme-'));
  const dir = path.join(home, 'relink');
  let started: ChildProcess | undefined;
  let printed = '';

  beforeAll(() => {
    spawnSync('chmod', ['755', home]);
    const files = spawnSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
    for (const file of files.stdout.split('\n').filter((name) => name !== '' && existsSync(path.join(root, name)))) {
      cpSync(path.join(root, file), path.join(dir, file), { recursive: true });
    }
    symlinkSync(path.join(root, 'node_modules'), path.join(dir, 'node_modules'));
    // A developer who signals by hand has the Temporal CLI on the PATH.
    mkdirSync(path.join(home, 'bin'));
    const { file } = findTemporal(cacheDir(), () => undefined);
    if (file !== 'temporal') symlinkSync(file, path.join(home, 'bin/temporal'));
  });
  afterAll(() => {
    if (started?.pid !== undefined && started.exitCode === null && started.signalCode === null)
      process.kill(-started.pid, 'SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });

  const env = () => ({
    ...process.env,
    PATH: `${home}/bin:${process.env['PATH'] ?? ''}`,
    CI: '',
    RELINK_CACHE: cacheDir(),
    API_UPDATE_TIMEOUT_MS: String(PATIENT_MS),
  });

  function type(commands: string): string {
    const { stdout, stderr, status } = spawnSync('sh', ['-e', '-c', commands], {
      cwd: dir,
      encoding: 'utf8',
      env: env(),
    });
    if (status !== 0) throw new Error(`${commands}\n${stdout}${stderr}`);
    return stdout;
  }
  /** The answers of several curls, one behind the other. */
  const answers = (output: string): unknown[] =>
    output
      .trim()
      .replaceAll('}{', '}\n{')
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);

  it('starts with one command, which makes a sale and says where everything is', async () => {
    expect(blocks[0]?.trim()).toBe('npm start');
    started = spawn('sh', ['-c', `exec ${blocks[0]?.trim()}`], {
      cwd: dir,
      env: env(),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // A group of its own, as in a terminal: Ctrl-C reaches all of it.
    });
    const hear = (bytes: Buffer): void => void (printed += bytes.toString());
    started.stdout?.on('data', hear);
    started.stderr?.on('data', hear);
    await until(
      () => `everything is up:\n${printed}`,
      () => printed.includes('Ctrl-C stops everything') || started?.exitCode !== null,
    );
    expect(printed).toContain('the money is in the ledger');
    expect(printed).toContain('Ctrl-C stops everything');
  });

  it('sells again on the same printed code with one curl', () => {
    const [sale] = answers(type(blocks[1] ?? ''));
    expect(sale).toMatchObject({ status: 'active', payable: true, amount: { currency: 'BRL', value: '7.50' } });
  });

  it('pays as the customer does, and reads it as paid', async () => {
    const [payment] = answers(type(blocks[2]?.split('\n').slice(0, 2).join('\n') ?? ''));
    expect(payment).toMatchObject({ status: 'SETTLED', amount: { value: '7.50' } });
    const read = blocks[2]?.split('\n').toSpliced(1, 1).join('\n') ?? '';
    let list: unknown;
    const isRead = (): boolean => JSON.stringify(([list] = answers(type(read)))).includes('"paid"');
    await until(() => `it is read as paid: ${JSON.stringify(list)}`, isRead, 100);
    expect(list).toMatchObject({ data: [{ status: 'paid', reference: 'cart 2' }] });
  });

  it('tells the story of a utility, from the printed bill to the payment', () => {
    expect(blocks[3]?.trim()).toBe('npm run demo:utility');
    const told = type(blocks[3] ?? '');
    expect(told).toContain('Maria scans her bill: There is nothing to pay here right now.');
    expect(told).toContain('Readings out of order, one of them twice: 5 stored, 1 here before, 0 refused');
    expect(told).toContain('17 m³ × 1.20 = 20.40');
    expect(told).toContain('Maria pays BRL 44.52');
    expect(readFileSync(path.join(dir, '.relink/bills.pdf')).toString('latin1', 0, 5)).toBe('%PDF-');
  });

  it('sells by Temporal alone, and the sale appears in the reads', async () => {
    expect(blocks[4]?.trim()).toBe('npm test');
    type(blocks[5] ?? '');
    const read = (blocks[2]?.split('\n').toSpliced(1, 1).join('\n') ?? '').replace('cart%202', 'cart%203');
    let list: unknown;
    const isRead = (): boolean => JSON.stringify(([list] = answers(type(read)))).includes('"active"');
    await until(() => `it is read as active: ${JSON.stringify(list)}`, isRead, 100);
    expect(list).toMatchObject({ data: [{ status: 'active', amount: { value: '3.20' } }] });
  });

  it('stops cleanly at Ctrl-C', async () => {
    if (started?.pid === undefined) throw new Error('nothing was started');
    const ended = once(started, 'close');
    process.kill(-started.pid, 'SIGINT');
    await ended;
    expect(printed).toContain('Stopped. npm start brings it back with its data.');
  });
});
