/**
 * The environment variables Relink knows, one line each; config.ts reads them and decides. .env.example explains them.
 */
import { z } from 'zod';

const number = (least: number, most: number) => z.coerce.number().int().min(least).max(most);
const port = number(0, 65_535);
const address = z.url({ protocol: /^https?$/ });
const yesOrNo = z.enum(['true', 'false']).transform((text) => text === 'true');

export const variables = z.object({
  RELINK_ENV: z.enum(['development', 'test', 'production']).default('development'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// address' }),
  DATABASE_POOL_MAX: number(1, 200).default(10),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s/]+:\d+$/, 'must be host:port')
    .default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  TEMPORAL_TLS: yesOrNo.default(false),
  TEMPORAL_TLS_SERVER_NAME: z.string().optional(),
  TEMPORAL_TLS_CA: z.string().optional(),
  TEMPORAL_TLS_CERTIFICATE: z.string().optional(),
  TEMPORAL_TLS_PRIVATE_KEY: z.string().optional(),
  TEMPORAL_API_KEY: z.string().optional(),
  RELINK_TASK_QUEUE: z.string().default('payment-links'),
  RELINK_WORKFLOW_BUNDLE: z.string().optional(),
  API_PORT: port.default(8080),
  API_HOST: z.string().optional(),
  API_PUBLIC_URL: address.optional(),
  API_UPDATE_TIMEOUT_MS: number(100, 60_000).default(5_000),
  RELINK_DEMO: yesOrNo.default(false),
  SIMULATOR_URL: address.optional(),
  WORKER_PORT: port.optional(),
  PROVIDER: z.string().default('jpmorgan'),
  WATCH_EVERY_MS: number(100, 3_600_000).default(15_000),
  RECONCILE_AT: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day, like 03:00')
    .default('03:00'),
  RELINK_TEST_CONTINUE_AS_NEW_AFTER: number(10, 50_000).optional(),
  RELINK_TEST_KILL_AT: z.string().optional(),
});

export type ConfigValues = z.infer<typeof variables>;
type VariableName = keyof ConfigValues;

/** Keys, certificates and secrets may stand in a file, named by the same variable with _FILE. */
export const FROM_FILE: readonly VariableName[] = [
  'TEMPORAL_TLS_CA',
  'TEMPORAL_TLS_CERTIFICATE',
  'TEMPORAL_TLS_PRIVATE_KEY',
  'TEMPORAL_API_KEY',
];
/** Groups of variables that must be set together. */
export const TOGETHER: readonly (readonly VariableName[])[] = [
  ['TEMPORAL_TLS_CERTIFICATE', 'TEMPORAL_TLS_PRIVATE_KEY'],
];
