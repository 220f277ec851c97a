/**
 * The only reader of the environment: one schema, one frozen object, and every reason at once when it is refused. It
 * never prints a secret. A list of all variables with their meaning is .env.example.
 */
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { FROM_FILE, TOGETHER, variables, type ConfigValues } from './config-variables.ts';
import { present } from './domain/present.ts';
import { PROVIDER_CONFIGS, type ProviderSettings } from './providers/configs.ts';
import type { ProviderConfig } from './providers/provider-config.ts';

type Environment = ConfigValues['RELINK_ENV'];

export interface Config {
  readonly environment: Environment;
  readonly logLevel: ConfigValues['LOG_LEVEL'];
  readonly databaseUrl: string;
  readonly databasePoolMax: number;
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    readonly tls?: {
      readonly ca?: string;
      readonly serverName?: string;
      readonly certificate?: string;
      readonly privateKey?: string;
    };
    readonly apiKey?: string;
  };
  readonly taskQueue: string;
  readonly api: {
    readonly port: number;
    readonly host: string;
    /** As payers' banks and browsers reach us; the provider's callbacks go there. */
    readonly publicUrl: string;
    readonly updateTimeoutMs: number;
    /** Serves the demo page, which plays a payer against the simulator. */
    readonly demo: boolean;
    readonly simulatorUrl?: string;
  };
  readonly worker: {
    readonly host: string;
    /** Its own /healthz and /readyz; absent: none is served. */
    readonly port?: number;
    /** A file with the workflows, bundled beforehand; absent: it bundles them when it starts. */
    readonly workflowBundle?: string;
  };
  /** Its name and what it has to be told. */
  readonly provider: ProviderSettings;
  readonly watchEveryMs: number;
  /** "03:00", in each merchant's own time zone. */
  readonly reconcileAt: string;
  /** Only tests set these; production refuses them. */
  readonly test: { readonly continueAsNewAfter?: number; readonly killAt?: string };
}

export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

/** `reasons`: plain sentences, each naming its variable. */
export class ConfigurationRefusal extends Error {
  readonly reasons: readonly string[];

  constructor(reasons: readonly string[]) {
    super(`The configuration is refused:\n${reasons.map((reason) => `- ${reason}`).join('\n')}`);
    this.name = 'ConfigurationRefusal';
    this.reasons = reasons;
  }
}

/** `providers` is another table in tests, which know more of them. */
export function readConfig(
  env: EnvironmentVariables = process.env,
  providers: Readonly<Record<string, ProviderConfig>> = PROVIDER_CONFIGS,
): Config {
  const name = variables.shape.PROVIDER.parse(env['PROVIDER'] || undefined);
  const provider = Object.hasOwn(providers, name) ? providers[name] : undefined;
  const { given, reasons } = gather(env, [...FROM_FILE, ...(provider?.fromFile ?? [])]);
  if (provider === undefined) reasons.push(`PROVIDER: must be one of ${Object.keys(providers).join(', ')}.`);
  const own = variables.safeParse(given);
  const ofProvider = provider?.variables.safeParse(given);
  for (const { path, message } of [...(own.error?.issues ?? []), ...(ofProvider?.error?.issues ?? [])]) {
    const variable = String(path[0]);
    reasons.push(given[variable] === undefined ? `${variable} is not set.` : `${variable}: ${message}.`);
  }
  for (const group of [...TOGETHER, ...(provider?.together ?? [])]) {
    const missing = group.filter((each) => given[each] === undefined);
    if (missing.length === 0 || missing.length === group.length) continue;
    reasons.push(`${missing.join(' and ')} must be set too, because another variable of the same group is.`);
  }
  if (given['RELINK_ENV'] === 'production') {
    reasons.push(...unfitForProduction(given), ...(provider?.unfitForProduction(given) ?? []));
  }
  if (provider === undefined || !own.success || !ofProvider?.success || reasons.length > 0) {
    throw new ConfigurationRefusal(reasons);
  }
  const settings = { ...provider.settingsFrom(ofProvider.data), name } as ProviderSettings;
  return conceal(shape(own.data, settings), new Set([...SECRETS, ...provider.secrets]));
}

/** For the entry of a process: what is refused is said in sentences, without a stack, and the process ends. */
export function demandConfig(): Config {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigurationRefusal)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

/** An empty variable counts as absent: compose files and shells write them so. */
function gather(
  env: EnvironmentVariables,
  fromFile: readonly string[],
): { readonly given: Record<string, string>; readonly reasons: string[] } {
  const given: Record<string, string> = {};
  const reasons: string[] = [];
  for (const [name, value] of Object.entries(env)) if (value !== undefined && value !== '') given[name] = value;
  for (const name of fromFile) {
    // A PEM on one line, as secret stores hand it out.
    if (given[name]?.includes('-----BEGIN') === true) given[name] = given[name].replaceAll(String.raw`\n`, '\n');
    const file = given[`${name}_FILE`];
    if (file === undefined) continue;
    if (given[name] !== undefined) reasons.push(`${name} and ${name}_FILE are both set: keep one.`);
    try {
      given[name] = readFileSync(file, 'utf8').trim();
    } catch {
      reasons.push(`${name}_FILE names a file that cannot be read.`);
    }
  }
  return { given, reasons };
}

function unfitForProduction(given: EnvironmentVariables): readonly string[] {
  const reasons: string[] = [];
  const insist = (holds: boolean, reason: string): void => void (holds || reasons.push(reason));
  for (const name of Object.keys(given).filter((key) => key.startsWith('RELINK_TEST_'))) {
    reasons.push(`${name} is for tests: production refuses it.`);
  }
  insist(given['RELINK_DEMO'] !== 'true', 'RELINK_DEMO serves a page that pays bills: production refuses it.');
  insist(given['SIMULATOR_URL'] === undefined, 'SIMULATOR_URL names a bank that is not real: production refuses it.');
  insist(given['API_PUBLIC_URL']?.startsWith('https://') === true, 'API_PUBLIC_URL must be our own https address.');
  return reasons;
}

function shape(values: ConfigValues, provider: ProviderSettings): Config {
  const publicUrl = values.API_PUBLIC_URL ?? `http://127.0.0.1:${values.API_PORT}`;
  const certificate = values.TEMPORAL_TLS_CERTIFICATE;
  const withTls = values.TEMPORAL_TLS || certificate !== undefined || values.TEMPORAL_TLS_CA !== undefined;
  const tls = present({
    ca: values.TEMPORAL_TLS_CA,
    serverName: values.TEMPORAL_TLS_SERVER_NAME,
    certificate,
    privateKey: values.TEMPORAL_TLS_PRIVATE_KEY,
  });
  return {
    environment: values.RELINK_ENV,
    logLevel: values.LOG_LEVEL,
    databaseUrl: values.DATABASE_URL,
    databasePoolMax: values.DATABASE_POOL_MAX,
    temporal: present({
      address: values.TEMPORAL_ADDRESS,
      namespace: values.TEMPORAL_NAMESPACE,
      tls: withTls ? tls : undefined,
      apiKey: values.TEMPORAL_API_KEY,
    }),
    taskQueue: values.RELINK_TASK_QUEUE,
    api: present({
      port: values.API_PORT,
      // A laptop's API is for that laptop; in a container only every interface is reachable.
      host: values.API_HOST ?? (values.RELINK_ENV === 'production' ? '0.0.0.0' : '127.0.0.1'),
      publicUrl: publicUrl.replace(/\/+$/, ''),
      updateTimeoutMs: values.API_UPDATE_TIMEOUT_MS,
      demo: values.RELINK_DEMO,
      simulatorUrl: values.SIMULATOR_URL,
    }),
    worker: present({
      host: values.RELINK_ENV === 'production' ? '0.0.0.0' : '127.0.0.1',
      port: values.WORKER_PORT,
      workflowBundle: values.RELINK_WORKFLOW_BUNDLE,
    }),
    provider,
    watchEveryMs: values.WATCH_EVERY_MS,
    reconcileAt: values.RECONCILE_AT,
    test: present({ continueAsNewAfter: values.RELINK_TEST_CONTINUE_AS_NEW_AFTER, killAt: values.RELINK_TEST_KILL_AT }),
  };
}

const SECRETS = ['apiKey', 'privateKey'];

/** Freezes, all the way down. Printing or JSON.stringify of any part shows that a secret is there, and not which. */
function conceal<T extends object>(part: T, secrets: ReadonlySet<string>): T {
  for (const value of Object.values(part)) {
    if (typeof value === 'object' && value !== null) conceal(value as object, secrets);
  }
  const shown = () =>
    Object.fromEntries(
      Object.entries(part).map(([key, value]) => [key, secrets.has(key) ? '(secret)' : withoutPassword(value)]),
    );
  Object.defineProperty(part, 'toJSON', { value: shown });
  Object.defineProperty(part, inspect.custom, { value: shown });
  return Object.freeze(part);
}

function withoutPassword(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/^(\w+:\/\/[^:@/]*):[^@/]*@/, '$1:(secret)@') : value;
}
