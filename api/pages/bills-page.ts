/** The office's page for bills. Served in production too: it contains no API key, the user enters one. */
import path from 'node:path';
import express, { type Express } from 'express';

/** Files of bills are read as blobs, and one of them may be looked at in a frame. */
const BILLS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  'frame-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Types of files that a page is made of; the pages of others are none of them. */
const PARTS = /\.(js|css|svg)$/;

/** `web` is the folder of all pages: they share modules, which are served under /bills/web as they lie there. */
export function mountBillsPage(app: Express, web = path.join(import.meta.dirname, '../../web')): void {
  app.use('/bills', (_request, response, next) => {
    response.set({
      'content-security-policy': BILLS_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    next();
  });
  app.get('/bills', (_request, response) => response.sendFile('bills/index.html', { root: web }));
  const parts = express.static(web, { index: false, redirect: false });
  app.use('/bills/web', (request, response, next) => {
    if (PARTS.test(request.path)) parts(request, response, next);
    else next();
  });
}
