/**
 * Free TCP ports of this machine, and who has one that is not free. They lie outside the range of outgoing connections,
 * where a port could be taken while the process that had it is killed and comes back.
 */
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import net from 'node:net';
import { commandOf } from './left-over.ts';

/** Lower ones are of well-known servers; above lie the outgoing connections of every system that says nothing else. */
const FIRST = 20_000;
const LAST = 32_767;
/** With fewer than these to choose from, the system is asked. */
const ENOUGH = 1_000;
/** By this process, also to somebody who has not begun to listen. */
const given = new Set<number>();

/** The port, when it can be listened on; undefined when somebody has it or the system refuses it. */
async function tryPort(port: number, host: string): Promise<number | undefined> {
  const server = net.createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : undefined;
  } catch {
    return undefined;
  } finally {
    server.close();
  }
}

/** No other caller in this process is given it too. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const last = lastOfOurs();
  for (let tries = 0; tries < 100; tries += 1) {
    const wanted = last - FIRST < ENOUGH ? 0 : FIRST + Math.floor(Math.random() * (last - FIRST + 1));
    const port = given.has(wanted) ? undefined : await tryPort(wanted, host);
    if (port === undefined || given.has(port)) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no free port on ${host}`);
}

/** The last port below those of outgoing connections. */
export function lastOfOurs(range = outgoingRange()): number {
  const lowest = Number(range.trim().split(/\s+/)[0]);
  return lowest > 0 ? Math.min(LAST, lowest - 1) : LAST;
}

function outgoingRange(): string {
  try {
    return readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
  } catch {
    return '';
  }
}

/** The wanted port, or any free one when it is in use. */
export async function portOrFree(wanted: number | undefined, host = '127.0.0.1'): Promise<number> {
  return (wanted === undefined ? undefined : await tryPort(wanted, host)) ?? (await freePort(host));
}

export async function isAnswering(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host, timeout: 2_000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}

/** Who has the port, in words; undefined when it can be listened on. */
export async function holderOf(port: number, host = '127.0.0.1'): Promise<string | undefined> {
  const server = net.createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    // Ports that need a right are refused to everybody, and are nobody's.
    return (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? describedHolder(port) : undefined;
  } finally {
    server.close();
  }
}

/** Linux tells whose socket it is, as far as this user may see; elsewhere nobody is named. */
function describedHolder(port: number): string {
  const sockets = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => socketsOn(port, table));
  for (const name of sockets.length === 0 ? [] : filesOf('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const has = filesOf(`/proc/${pid}/fd`).some((fd) => sockets.includes(targetOf(`/proc/${pid}/fd/${fd}`)));
    if (has) return `process ${pid} (${commandOf(pid)})`;
  }
  return 'another program';
}

/** As /proc/…/fd names them: `socket:[123]`. */
function socketsOn(port: number, table: string): readonly string[] {
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, '0');
  return textOf(table)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '']) => local.endsWith(`:${hexadecimal}`))
    .flatMap((fields) => (fields[9] === undefined || fields[9] === '0' ? [] : [`socket:[${fields[9]}]`]));
}

const orElse = <T>(nothing: T, read: () => T): T => {
  try {
    return read();
  } catch {
    return nothing;
  }
};
const textOf = (file: string): string => orElse('', () => readFileSync(file, 'utf8'));
const filesOf = (dir: string): readonly string[] => orElse([], () => readdirSync(dir));
const targetOf = (link: string): string => orElse('', () => readlinkSync(link));
