/**
 * The page of the meter reader. It must open offline, so its files are read once at start and versioned by a digest of
 * all of them: a phone caches one complete version.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Express, Response } from 'express';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

/** The camera's picture is no address and needs no word here; a photo that the agent looks at is a blob. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What the page's own files share with the pages beside them. */
const SHARED = ['api-call.js', 'elements.js', 'wording.js', 'icon.svg'];
const INDEX = 'meter-reader/index.html';
const WORKER = 'meter-reader/sw.js';
/** What has the version in its address never changes. Browsers take the page's icon from here, past the worker. */
const FOR_EVER = 'public, max-age=31536000, immutable';
/** Stands in the files where an address needs the version. */
const PLACE = '/agent/VERSION/';

export interface AgentPage {
  readonly version: string;
  /** By their address under the version. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly worker: string;
}

/** `web` is the folder of all pages. */
export function readAgentPage(web: string): AgentPage {
  const names = readdirSync(path.join(web, 'meter-reader'), { encoding: 'utf8', recursive: true })
    .map((name) => name.split(path.sep).join('/'))
    .filter((name) => path.extname(name) in TYPES);
  const own = [...names.map((name) => `meter-reader/${name}`), ...SHARED].toSorted();
  const read = new Map(own.map((name) => [name, readFileSync(path.join(web, name))]));
  read.set('jsqr.js', readFileSync(createRequire(import.meta.url).resolve('jsqr/dist/jsQR.js')));
  const hash = createHash('sha256');
  for (const [name, bytes] of read) hash.update(`${name} ${bytes.length}\n`).update(bytes);
  const version = hash.digest('hex').slice(0, 16);
  const files = new Map<string, Buffer>();
  for (const [name, bytes] of read) {
    const hasPlace = ['.html', '.webmanifest'].includes(path.extname(name));
    const placed = hasPlace ? Buffer.from(bytes.toString().replaceAll(PLACE, `/agent/${version}/`)) : bytes;
    if (name !== WORKER) files.set(name, placed);
  }
  return { version, files, worker: workerText(version, [...files.keys()], String(read.get(WORKER))) };
}

/** A browser takes a new worker when this text is another one, which it is with each version. */
function workerText(version: string, names: readonly string[], text: string): string {
  const at = (name: string): string => `/agent/${version}/${name}`;
  const page = { version, index: at(INDEX), files: names.filter((name) => name !== INDEX).map(at) };
  return text.replace('./offline.js', at('meter-reader/offline.js')).replace('PAGE', JSON.stringify(page));
}

export function mountAgent(app: Express, { version, files, worker }: AgentPage): void {
  const answer = (response: Response, name: string, kept: string): void => {
    const bytes = files.get(name);
    if (bytes === undefined) throw new Error(`the agent's page has no ${name}`);
    response.writeHead(200, {
      'content-type': TYPES[path.extname(name)] ?? 'application/octet-stream',
      'cache-control': kept,
      'content-security-policy': POLICY,
      'permissions-policy': 'camera=(self)',
    });
    response.end(bytes);
  };
  app.get('/agent', (_request, response) => answer(response, INDEX, 'no-store'));
  app.get('/agent/sw.js', (_request, response) => {
    response.writeHead(200, {
      'content-type': TYPES['.js'],
      'content-security-policy': POLICY,
      // Its address would let it serve /agent/ alone, not the page itself.
      'service-worker-allowed': '/agent',
    });
    response.end(worker);
  });
  for (const name of files.keys()) {
    app.get(`/agent/${version}/${name}`, (_request, response) => answer(response, name, FOR_EVER));
  }
}
