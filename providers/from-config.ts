/** The provider that the configuration names. Who adds one to configs.ts is asked here for how it is created. */
import type { ProviderName, ProviderSettings, SettingsOf } from './configs.ts';
import { createFromSettings } from './jpmorgan/provider.ts';
import type { Provider } from './provider.ts';

const CREATE: { readonly [Name in ProviderName]: (settings: SettingsOf<Name>) => Provider } = {
  jpmorgan: createFromSettings,
};

export type CreateProvider = (settings: never) => Provider;

/** `create` is another table in tests, which know more providers. */
export function createProvider(
  settings: ProviderSettings,
  create: Readonly<Record<string, CreateProvider>> = CREATE,
): Provider {
  const named = create[settings.name];
  if (named === undefined) throw new Error(`nothing creates the provider ${settings.name}`);
  return named(settings as never);
}
