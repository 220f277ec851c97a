/**
 * `.relink/development.json`, and `.relink/env` for a shell: where everything is and with which key, so that people and
 * scripts need no copy and paste.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface DevelopmentFile {
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
  /** Of the utility of `npm run demo:utility`, once that has run. */
  readonly utilityKey?: string;
}

const fileIn = (dir: string): string => path.join(dir, 'development.json');

export function writeDevelopmentFile(dir: string, development: DevelopmentFile): void {
  writePrivately(fileIn(dir), `${JSON.stringify(development, undefined, 2)}\n`);
}

/** For `. .relink/env` in any shell. */
export function writeEnvFile(dir: string, variables: Readonly<Record<string, string | undefined>>): void {
  const lines = Object.entries(variables).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}='${value.replaceAll("'", String.raw`'\''`)}'\n`],
  );
  writePrivately(path.join(dir, 'env'), lines.join(''));
}

/** They hold a key, so only their owner reads them. Written aside and renamed: nobody ever reads half a file. */
function writePrivately(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, text, { mode: 0o600 });
  renameSync(aside, file);
}

/** Of the `npm start` before this one, if there was one. */
export function readDevelopmentFile(dir: string): DevelopmentFile | undefined {
  if (!existsSync(fileIn(dir))) return undefined;
  try {
    return JSON.parse(readFileSync(fileIn(dir), 'utf8')) as DevelopmentFile;
  } catch {
    return undefined;
  }
}
