/** Pages for people: the readable docs, and in development the demo and the office. They work offline. */
import { createRequire } from 'node:module';
import path from 'node:path';
import express, { type Express } from 'express';
import type { Reply } from '../http/call.ts';
import type { DemoConfig } from './demo-config.ts';

const PAGE_POLICY =
  "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Relink API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<main id="docs"></main>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/begin.js"></script>
</body>
</html>
`;
const BEGIN = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true });\n`;

export function docsPage(): Reply {
  return {
    status: 200,
    bytes: PAGE,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': PAGE_POLICY },
  };
}

export function mountDocs(app: Express): void {
  const swagger = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  app.get('/docs/begin.js', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(BEGIN);
  });
  app.use('/docs', express.static(swagger, { index: false, redirect: false }));
}

/**
 * The demo pages act as shop, payer and operator, so they get an API key, which is allowed only on a developer's
 * machine.
 */
interface DemoOptions {
  readonly dir: string;
  readonly config: () => DemoConfig;
  /** Where else the page calls. */
  readonly simulatorUrl?: string;
}

export function mountDemo(app: Express, demo: DemoOptions): void {
  const calls = demo.simulatorUrl === undefined ? '' : `; connect-src 'self' ${demo.simulatorUrl}`;
  app.get('/demo/config.json', (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(demo.config()));
  });
  app.use(['/demo', '/office'], (_request, response, next) => {
    response.set('content-security-policy', `${PAGE_POLICY}${calls}`);
    next();
  });
  app.use('/demo', express.static(demo.dir));
  // Its modules share those of the demo, and are served with them.
  app.get('/office', (_request, response) => response.sendFile('office/index.html', { root: demo.dir }));
}
