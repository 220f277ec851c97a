/** Creates the configured provider. A provider added to configs.ts does not compile until it is created here. */
import type { ProviderName, ProviderSettings, SettingsOf } from './configs.ts';
import { createFromSettings } from './jpmorgan/provider.ts';
import type { Provider } from './provider.ts';

const CREATE: { readonly [Name in ProviderName]: (settings: SettingsOf<Name>) => Provider } = {
  jpmorgan: createFromSettings,
};

export type CreateProvider = (settings: never) => Provider;

/** Tests pass another `create`, with more providers. */
export function createProvider(
  settings: ProviderSettings,
  create: Readonly<Record<string, CreateProvider>> = CREATE,
): Provider {
  const named = create[settings.name];
  if (named === undefined) throw new Error(`nothing creates the provider ${settings.name}`);
  return named(settings as never);
}
