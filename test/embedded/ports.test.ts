/** Ports: the wanted one when it is free, another when it is not. */
import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { freePort, holderOf, isAnswering, lastOfOurs, portOrFree } from '../../embedded/ports.ts';

async function listen(port: number): Promise<net.Server> {
  const server = net.createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('ports', () => {
  it('keeps the wanted port when nobody has it', async () => {
    const wanted = await freePort();
    expect(await portOrFree(wanted)).toBe(wanted);
  });

  it('moves to a free one when it is in use', async () => {
    const wanted = await freePort();
    const server = await listen(wanted);
    const moved = await portOrFree(wanted);
    expect(moved).not.toBe(wanted);
    expect(await isAnswering(moved)).toBe(false);
    expect(await isAnswering(wanted)).toBe(true);
    server.close();
  });

  it('lie below those of outgoing connections, which would take one whose process is away for a moment', async () => {
    expect(lastOfOurs('32768\t60999\n')).toBe(32_767);
    expect(lastOfOurs('30000 60999')).toBe(29_999);
    expect(lastOfOurs('')).toBe(32_767);
    expect(await freePort()).toBeLessThanOrEqual(lastOfOurs());
  });

  it('are given to nobody twice', async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, async () => freePort()));
    expect(new Set(ports).size).toBe(50);
  });

  it('name who has them', async () => {
    const port = await freePort();
    expect(await holderOf(port)).toBeUndefined();
    const server = await listen(port);
    expect(await holderOf(port)).toMatch(process.platform === 'linux' ? `process ${process.pid} (` : 'another program');
    server.close();
  });

  it('takes any when none is wanted', async () => {
    expect(await portOrFree(undefined)).toBeGreaterThan(1023);
  });
});
