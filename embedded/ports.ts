/** Free TCP ports of this machine: asked from the system, never guessed. */
import { once } from 'node:events';
import net from 'node:net';

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

export async function freePort(host = '127.0.0.1'): Promise<number> {
  const port = await tryPort(0, host);
  if (port === undefined) throw new Error(`no free port on ${host}`);
  return port;
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
