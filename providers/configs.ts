/** All providers, one line each. The compiler demands from from-config.ts how each is created. */
import { jpMorgan } from './jpmorgan/config.ts';
import type { ProviderConfig } from './provider-config.ts';

export const PROVIDER_CONFIGS = {
  jpmorgan: jpMorgan,
} satisfies Readonly<Record<string, ProviderConfig>>;

export type ProviderName = keyof typeof PROVIDER_CONFIGS;
export type SettingsOf<Name extends ProviderName> = { readonly name: Name } & ReturnType<
  (typeof PROVIDER_CONFIGS)[Name]['settingsFrom']
>;
/** The type of `Config.provider`, discriminated by the provider's name. */
export type ProviderSettings = { [Name in ProviderName]: SettingsOf<Name> }[ProviderName];
