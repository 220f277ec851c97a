/** The product as separate processes: they come up, die hard, come back on their ports, and never outlive the tests. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { commandOf } from '../../embedded/left-over.ts';
import { DEMO_MERCHANT, ensureMerchant } from '../../embedded/merchant.ts';
import { freePort } from '../../embedded/ports.ts';
import { createProcess, startStack, type Stack } from '../../embedded/stack.ts';
import { freshDatabase } from '../support/database.ts';
import { PATIENT_MS } from '../limits/limits.ts';
import { testTemporal } from '../support/temporal.ts';
import { eventually } from '../limits/until.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'relink-stack-'));
let stack: Stack;
let key = '';

beforeAll(async () => {
  const databaseUrl = await freshDatabase();
  key = await ensureMerchant(databaseUrl, DEMO_MERCHANT);
  const { address, taskQueue } = testTemporal();
  const env = { API_UPDATE_TIMEOUT_MS: String(PATIENT_MS) };
  stack = await startStack({ databaseUrl, temporalAddress: address, taskQueue, dir, env });
});
afterAll(async () => {
  await stack.stop();
  rmSync(dir, { recursive: true });
});

async function openLink(idempotencyKey: string): Promise<string> {
  const answer = await fetch(`${stack.apiUrl}/v1/payment-links`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Idempotency-Key': idempotencyKey, 'Content-Type': 'application/json' },
    body: JSON.stringify({ kind: 'till', label: 'Till 1' }),
  });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { readonly id: string }).id;
}

describe('separate processes', () => {
  it('work together', async () => {
    expect(await openLink('first')).toMatch(/./);
    expect(new Set([stack.bank.pid(), stack.worker.pid(), stack.api.pid()]).size).toBe(3);
  });

  it('come back on the same port after a kill -9', async () => {
    const link = await openLink('second');
    for (const each of [stack.bank, stack.worker, stack.api]) {
      const before = each.pid();
      await each.kill('SIGKILL');
      expect([each.pid(), await each.gone()]).toEqual([undefined, 'SIGKILL']);
      await each.start();
      expect(each.pid()).not.toBe(before);
    }
    expect(await openLink('second')).toBe(link);
  });

  it('say what they printed when they cannot start', async () => {
    const entry = path.join(dir, 'broken.ts');
    writeFileSync(entry, 'console.log("half way"); process.exit(3);');
    const broken = createProcess({
      name: 'broken',
      entry: path.relative(path.resolve(import.meta.dirname, '../..'), entry),
      env: {},
      readyUrl: 'http://127.0.0.1:1/',
    });
    await expect(broken.start()).rejects.toThrow('broken ended while starting:\nhalf way');
  });

  it('tell a crash from a death that somebody wanted', async () => {
    const port = await freePort();
    const entry = path.join(dir, 'brief.ts');
    writeFileSync(
      entry,
      `import { createServer } from 'node:http';
       createServer((request, response) => {
         response.end();
         if (request.url === '/end') process.exit(7);
       }).listen(${port}, '127.0.0.1');`,
    );
    const url = `http://127.0.0.1:${port}`;
    const root = path.resolve(import.meta.dirname, '../..');
    const brief = createProcess({ name: 'brief', entry: path.relative(root, entry), env: {}, readyUrl: url });
    await brief.start();
    await brief.kill();
    expect(brief.crashed()).toBe(false);
    await brief.start();
    expect(brief.crashed()).toBe(false);
    await fetch(`${url}/end`).catch(() => undefined);
    expect(await brief.gone()).toBe(7);
    expect(brief.crashed()).toBe(true);
  });

  it('say who has their port when they cannot have it back', async () => {
    await stack.api.kill('SIGKILL');
    const stranger = net.createServer().listen(Number(new URL(stack.apiUrl).port), '127.0.0.1');
    await once(stranger, 'listening');
    try {
      await expect(stack.api.start()).rejects.toThrow(
        /^api cannot have its port \d+: (?:process \d+ \(.*\)|another program) has it$/,
      );
      expect(stack.api.pid()).toBeUndefined();
    } finally {
      stranger.close();
    }
    await stack.api.start();
  });

  it('go when whoever started them is killed', async () => {
    const leash = pathToFileURL(path.resolve(import.meta.dirname, '../../embedded/leash.mjs')).href;
    const child = `const { spawn } = require('child_process'); const it = spawn(process.execPath, ['--import', ${JSON.stringify(leash)}, '-e', 'setInterval(() => {}, 1000)'], { stdio: ['pipe', 'inherit', 'inherit'] }); console.log(it.pid); setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['-e', child], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [printed] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(printed.toString());
    await eventually(() => commandOf(pid).includes('leash.mjs'));
    parent.kill('SIGKILL');
    await eventually(() => commandOf(pid) === '');
    expect(parent.signalCode).toBe('SIGKILL');
  });
});
