/**
 * The system's Chromium. On a person's machine its absence skips loudly; in CI it fails, or the check silently
 * disappears.
 */
import { existsSync } from 'node:fs';
import { describe } from '@jest/globals';
import { chromium, type Browser } from 'playwright-core';
import { LIMIT_MS } from '../limits/limits.ts';

const candidates = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const browserPath = candidates.find((file): file is string => file !== undefined && file !== '' && existsSync(file));

if (browserPath === undefined && process.env['CI'] !== undefined) {
  throw new Error('CI needs a browser: apt-get install -y chromium, or set CHROMIUM_PATH');
}

export const describeInBrowser = browserPath === undefined ? describe.skip : describe;
/** Ends the name of each describe, so that a skip says why. */
export const browserNote = browserPath === undefined ? ' (SKIPPED: no browser found; set CHROMIUM_PATH)' : '';

export async function launchBrowser(...more: readonly string[]): Promise<Browser> {
  // Chromium refuses its sandbox to root, and only to root is it taken away.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({
    executablePath: browserPath ?? '',
    args: ['--disable-dev-shm-usage', ...sandbox, ...more],
    timeout: LIMIT_MS,
  });
}
