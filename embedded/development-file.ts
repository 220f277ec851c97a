/** `.relink/development.json`: where everything is and with which key, so that people and scripts need no copy and paste. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface Development {
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly merchantId: string;
  /** Absent when PROVIDER_URL names a real provider. */
  readonly simulatorUrl?: string;
  readonly temporalAddress: string;
  /** Absent when TEMPORAL_ADDRESS names a server: its UI is its owner's. */
  readonly temporalUiUrl?: string;
  readonly databaseUrl: string;
  readonly paymentLinkId: string;
}

const fileIn = (dir: string): string => path.join(dir, 'development.json');

/** Holds a key, so only its owner reads it. Written aside and renamed: nobody ever reads half a file. */
export function writeDevelopmentFile(dir: string, development: Development): void {
  mkdirSync(dir, { recursive: true });
  const aside = `${fileIn(dir)}.${process.pid}`;
  writeFileSync(aside, `${JSON.stringify(development, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(aside, fileIn(dir));
}

/** Of the `npm start` before this one, if there was one. */
export function readDevelopmentFile(dir: string): Development | undefined {
  if (!existsSync(fileIn(dir))) return undefined;
  try {
    return JSON.parse(readFileSync(fileIn(dir), 'utf8')) as Development;
  } catch {
    return undefined;
  }
}
