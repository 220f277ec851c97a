/** What `npm start` keeps in .relink: the file with the key, the credentials of the simulated bank, the lock. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createPublicKey, sign, verify } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../config.ts';
import { simulatedProvider } from '../../operations/credentials.ts';
import { readDevelopmentFile, writeDevelopmentFile, type DevelopmentFile } from '../../operations/development-file.ts';
import { lock } from '../../embedded/lock.ts';

const scratch = (): string => mkdtempSync(path.join(tmpdir(), 'relink-folder-'));
const development: DevelopmentFile = {
  apiUrl: 'http://127.0.0.1:8080',
  apiKey: 'key',
  merchantId: 'padaria-aurora',
  simulatorUrl: 'http://127.0.0.1:8090',
  temporalAddress: '127.0.0.1:7233',
  temporalUiUrl: 'http://127.0.0.1:8233',
  databaseUrl: 'postgres://postgres@127.0.0.1/relink',
  paymentLinkId: 'link',
};
const modeOf = (file: string): number => statSync(file).mode & 0o777;

describe('development.json', () => {
  it('is read by its owner only, and comes back as it was written', () => {
    const dir = path.join(scratch(), 'new');
    writeDevelopmentFile(dir, development);
    writeDevelopmentFile(dir, development);
    expect(modeOf(path.join(dir, 'development.json'))).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['development.json']);
    expect(readDevelopmentFile(dir)).toEqual(development);
  });

  it('that is absent or broken is none', () => {
    const dir = scratch();
    expect(readDevelopmentFile(dir)).toBeUndefined();
    writeFileSync(path.join(dir, 'development.json'), '{"apiUrl":');
    expect(readDevelopmentFile(dir)).toBeUndefined();
  });
});

describe('credentials', () => {
  it('are made once, private, and make a configuration', () => {
    const dir = scratch();
    const first = simulatedProvider(dir, 'http://127.0.0.1:8090');
    expect(simulatedProvider(dir, 'http://127.0.0.1:8090')).toEqual(first);
    expect(modeOf(path.join(dir, 'credentials.json'))).toBe(0o600);
    const { provider } = readConfig({ DATABASE_URL: 'postgres://x/y', ...first.providerEnv });
    expect(provider.url).toBe('http://127.0.0.1:8090/receivables/request-to-pay/v1');
    expect(provider.callbackSecret).toBe(first.simulatorOptions.callbackSecret);
    const signature = sign('sha256', Buffer.from('x'), provider.oauth?.privateKey ?? '');
    expect(
      verify('sha256', Buffer.from('x'), createPublicKey(first.simulatorOptions.clientCertificate), signature),
    ).toBe(true);
  });

  it('are other ones in another folder', () => {
    const [one, two] = [simulatedProvider(scratch(), 'http://x'), simulatedProvider(scratch(), 'http://x')];
    expect(one.simulatorOptions.callbackSecret).not.toBe(two.simulatorOptions.callbackSecret);
  });
});

describe('the lock', () => {
  it('keeps a second npm start out, and names the first', async () => {
    const dir = scratch();
    const module = path.resolve(import.meta.dirname, '../../embedded/lock.ts');
    const script = `import { lock } from ${JSON.stringify(module)}; lock(${JSON.stringify(dir)}); console.log('held'); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    expect(() => lock(dir)).toThrow(`Relink already runs here (process ${holder.pid})`);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    // A dead holder's lock is no lock.
    const ours = lock(dir);
    ours.release();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('of a process whose number was given to somebody else is no lock', () => {
    const dir = scratch();
    writeFileSync(path.join(dir, 'lock'), JSON.stringify({ pid: process.ppid, command: 'node of yesterday' }));
    expect(() => lock(dir).release()).not.toThrow();
  });

  it('that is half written is no lock', () => {
    const dir = scratch();
    writeFileSync(path.join(dir, 'lock'), '');
    expect(() => lock(dir).release()).not.toThrow();
  });
});
