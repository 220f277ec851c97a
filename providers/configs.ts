/** The providers that there are, one line each. The compiler asks from-config.ts for how each of them is created. */
import { jpMorgan } from './jpmorgan/config.ts';
import type { ProviderConfig } from './provider-config.ts';

export const PROVIDER_CONFIGS = {
  jpmorgan: jpMorgan,
} satisfies Readonly<Record<string, ProviderConfig>>;

export type ProviderName = keyof typeof PROVIDER_CONFIGS;
export type SettingsOf<Name extends ProviderName> = { readonly name: Name } & ReturnType<
  (typeof PROVIDER_CONFIGS)[Name]['settingsFrom']
>;
/** What `Config.provider` is: the name tells whose settings they are. */
export type ProviderSettings = { [Name in ProviderName]: SettingsOf<Name> }[ProviderName];
