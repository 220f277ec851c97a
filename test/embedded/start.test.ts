/**
 * `npm start` as a person meets it: a first start, a second beside it, a kill -9, a start after it, Ctrl-C, and
 * refusals.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readDevelopmentFile, type DevelopmentFile } from '../../operations/development-file.ts';
import { isAnswering } from '../../embedded/ports.ts';
import { until } from '../limits/until.ts';

const root = path.resolve(import.meta.dirname, '../..');
const dirs: string[] = [];
function dataFolder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'relink-start-'));
  chmodSync(made, 0o755); // The user that Postgres runs as must get in.
  dirs.push(made);
  return made;
}
const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
});

interface Start {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output(): string;
  until(text: string): Promise<void>;
}

function npmStart(dir: string, env: Readonly<Record<string, string>> = {}): Start {
  // Any free port, so that the test needs none of the usual ones.
  const ports = { API_PORT: '0', SIMULATOR_PORT: '0', TEMPORAL_PORT: '0', TEMPORAL_UI_PORT: '0' };
  const child = spawn(process.execPath, ['--import', 'tsx', path.join(root, 'embedded/start.ts')], {
    cwd: root,
    env: { ...process.env, RELINK_DATA: dir, DATABASE_URL: undefined, TEMPORAL_ADDRESS: undefined, ...ports, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => (printed += bytes.toString()));
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  return {
    child,
    ended,
    output: () => printed,
    async until(text) {
      const isPrinted = (): boolean => {
        if (printed.includes(text)) return true;
        if (child.exitCode === null && child.signalCode === null) return false;
        throw new Error(`ended without "${text}":\n${printed}`);
      };
      await until(() => `"${text}" is printed:\n${printed}`, isPrinted);
    },
  };
}

function developmentFile(dir: string): DevelopmentFile {
  const development = readDevelopmentFile(dir);
  if (development === undefined) throw new Error('no development.json');
  return development;
}

async function requestsOf({
  apiUrl,
  apiKey,
  paymentLinkId,
}: DevelopmentFile): Promise<readonly { readonly status: string }[]> {
  const answer = await fetch(`${apiUrl}/v1/payment-requests?paymentLinkId=${paymentLinkId}`, {
    headers: { Authorization: `Bearer ${apiKey}` },
  });
  return ((await answer.json()) as { readonly data: { readonly status: string }[] }).data;
}

const portOf = (url: string | undefined): number =>
  Number(/:(\d+)/.exec((url ?? '').replace(/^\w+:\/\/[^:]*@?/, ''))?.[1]);

describe('npm start', () => {
  const dir = dataFolder();
  let first: Start;
  let before: DevelopmentFile;

  it('comes up, makes one sale, and says where everything is', async () => {
    first = npmStart(dir);
    await first.until('Ctrl-C stops everything');
    before = developmentFile(dir);
    expect(statSync(path.join(dir, 'development.json')).mode & 0o777).toBe(0o600);
    for (const part of [
      '/docs',
      '/demo',
      '/namespaces/default/workflows/payment-link%3A',
      'printed-code.svg',
      'qr.svg',
      'curl -sS -X POST',
      'the money is in the ledger',
    ]) {
      expect(first.output()).toContain(part);
    }
    expect(readFileSync(path.join(dir, 'printed-code.svg'), 'utf8')).toMatch(/^<svg /);
    expect((await requestsOf(before)).map(({ status }) => status)).toEqual(['paid']);
  });

  it('keeps a second one out, which says what to do', async () => {
    const second = npmStart(dir);
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain(`Relink already runs here (process ${first.child.pid})`);
  });

  it('comes back with all its data right after a kill -9', async () => {
    first.child.kill('SIGKILL');
    await first.ended;
    const again = npmStart(dir);
    await again.until('Ctrl-C stops everything');
    const after = developmentFile(dir);
    expect([after.paymentLinkId, after.apiKey]).toEqual([before.paymentLinkId, before.apiKey]);
    expect((await requestsOf(after)).map(({ status }) => status)).toEqual(['paid', 'paid']);

    again.child.kill('SIGINT');
    expect(await again.ended).toBe(0);
    for (const url of [after.apiUrl, after.simulatorUrl, `http://${after.temporalAddress}`, after.databaseUrl]) {
      expect([url, await isAnswering(portOf(url))]).toEqual([url, false]);
    }
  });
});

describe('npm start refuses in one sentence', () => {
  it.each([
    [{ RELINK_ENV: 'production' }, 'npm start is for a laptop'],
    [{ API_PORT: 'eighty' }, 'API_PORT is no port: eighty'],
    [
      { TEMPORAL_ADDRESS: '127.0.0.1:1', DATABASE_URL: 'postgres://127.0.0.1:1/x' },
      'Temporal at 127.0.0.1:1 cannot be used',
    ],
    [
      {
        TEMPORAL_ADDRESS: String(process.env['RELINK_TEST_TEMPORAL_ADDRESS']),
        DATABASE_URL: 'postgres://127.0.0.1:1/x',
      },
      'Postgres at 127.0.0.1:1/x cannot be used',
    ],
    [{ PATH: '/nowhere', RELINK_CACHE: '/nowhere/cache' }, 'Install the Temporal CLI'],
  ])('%j', async (env, sentence) => {
    const start = npmStart(dataFolder(), env);
    expect(await start.ended).toBe(1);
    const told = start.output();
    expect(told).toContain(sentence);
    expect(told).not.toMatch(/^\s+at /m);
  });

  it('a port of another program is only moved from', async () => {
    const other = net.createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const { port } = other.address() as net.AddressInfo;
      const start = npmStart(dataFolder(), { SIMULATOR_PORT: String(port) });
      await start.until(`Port ${port} is in use: The bank moved to`);
      start.child.kill('SIGINT');
      expect(await start.ended).toBe(0);
    } finally {
      other.close();
    }
  });
});
