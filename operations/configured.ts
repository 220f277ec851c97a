/**
 * The configuration of a command that runs beside a product: from the environment, or, where that names no database,
 * that of the `npm start` which is running here.
 */
import path from 'node:path';
import { readConfig, type Config, type EnvironmentVariables } from '../config.ts';
import { simulatedProvider } from './credentials.ts';
import { readDevelopmentFile } from './development-file.ts';

const ROOT = path.resolve(import.meta.dirname, '..');

/** Throws `ConfigurationRefusal`, which says in sentences what is missing. */
export function configured(env: EnvironmentVariables = process.env): Config {
  if ((env['DATABASE_URL'] ?? '') !== '') return readConfig(env);
  const dir = path.resolve(ROOT, env['RELINK_DATA'] ?? '.relink');
  const running = readDevelopmentFile(dir);
  if (running === undefined) return readConfig(env);
  const { databaseUrl, temporalAddress, simulatorUrl, apiUrl } = running;
  const bank = simulatorUrl === undefined ? {} : simulatedProvider(dir, simulatorUrl).providerEnv;
  return readConfig({
    ...env,
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: temporalAddress,
    API_PUBLIC_URL: apiUrl,
    ...bank,
  });
}
