/**
 * One Temporal in memory, one Postgres and one workflow bundle for the whole run. They are the run's own even where
 * TEMPORAL_ADDRESS or DATABASE_URL is set: a test must not write to somebody's data. The tests find them by
 * `process.env`.
 */
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import pg from 'pg';
import { migrate } from '../../db/migrate.ts';
import { transpileProgram } from '../../embedded/program.ts';
import { cacheDir, startLocalServices, type LocalServices } from '../../embedded/services.ts';
import { awaitNamespace } from '../../embedded/temporal-namespace.ts';

export interface TestRun {
  readonly services: LocalServices;
  readonly dir: string;
  readonly program: { readonly remove: () => void };
}

export const TEMPLATE_DATABASE = 'relink_template';

export default async function setUp(): Promise<void> {
  const dir = mkdtempSync(path.join(tmpdir(), 'relink-test-'));
  chmodSync(dir, 0o755); // The user that Postgres runs as must get in.
  try {
    const [services, program] = await Promise.all([startServices(dir), transpileProgram(), bundleWorkflows(dir)]);
    (globalThis as { relinkTestRun?: TestRun }).relinkTestRun = { services, dir, program };
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}

async function startServices(dir: string): Promise<LocalServices> {
  const services = await startLocalServices({ dir, cacheDir: cacheDir(), durable: false, postgres: {}, temporal: {} });
  const { databaseUrl, temporalAddress } = services;
  if (databaseUrl === undefined || temporalAddress === undefined)
    throw new Error('the local servers named no addresses');
  process.env['RELINK_TEST_DATABASE_URL'] = databaseUrl;
  process.env['RELINK_TEST_TEMPORAL_ADDRESS'] = temporalAddress;
  await Promise.all([createTemplate(databaseUrl), awaitNamespace(temporalAddress)]);
  return services;
}

async function createTemplate(serverUrl: string): Promise<void> {
  const server = new pg.Client({ connectionString: serverUrl });
  await server.connect();
  await server.query(`create database ${TEMPLATE_DATABASE}`);
  await server.end();
  const url = new URL(serverUrl);
  url.pathname = `/${TEMPLATE_DATABASE}`;
  await migrate(url.href);
}

async function bundleWorkflows(dir: string): Promise<void> {
  const workflowsPath = path.resolve(import.meta.dirname, '../../workflows/index.ts');
  if (!existsSync(workflowsPath)) return;
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const file = path.join(dir, 'workflows.js');
  writeFileSync(file, code);
  process.env['RELINK_TEST_BUNDLE'] = file;
}
