/** What `npm run verify` says of one shop of the crash tests: the banks of the others are not asked. */
import { readConfig } from '../../config.ts';
import { simulatedProvider } from '../../operations/credentials.ts';
import { createProvider } from '../../providers/from-config.ts';
import { verdictSentences } from '../../verify/verdict.ts';
import { verify } from '../../verify/verify.ts';

interface VerifiedShop {
  readonly stack: { readonly simulatorUrl: string };
  /** Where the shop keeps its credentials. */
  readonly dir: string;
  readonly merchantId: string;
}

export async function violationsOf(databaseUrl: string, { stack, dir, merchantId }: VerifiedShop) {
  const { providerEnv } = simulatedProvider(dir, stack.simulatorUrl);
  const env = { RELINK_ENV: 'test', DATABASE_URL: databaseUrl, ...providerEnv };
  const provider = createProvider(readConfig(env).provider);
  try {
    return verdictSentences(await verify({ databaseUrl, provider, merchants: [merchantId], atRest: true }));
  } finally {
    await provider.close();
  }
}
