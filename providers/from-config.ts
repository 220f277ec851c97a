/** The provider that the configuration names. One today; the port is why a second one is a folder and a line here. */
import { createJpMorgan, type JpMorganConfig } from './jpmorgan/provider.ts';
import type { Provider } from './provider.ts';

type ProviderSettings = Partial<Omit<JpMorganConfig, 'baseUrl'>> & { readonly url?: string };

export function createProvider(settings: ProviderSettings): Provider {
  const { url, creditor, callbackSecret, ...rest } = settings;
  if (url === undefined || creditor === undefined || callbackSecret === undefined) {
    throw new Error('PROVIDER_URL, the creditor and PROVIDER_CALLBACK_SECRET are needed to talk to a provider');
  }
  return createJpMorgan({ ...rest, baseUrl: url, creditor, callbackSecret });
}
