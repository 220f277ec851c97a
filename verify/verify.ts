/**
 * Checks I1 to I13 (docs/invariants.md) on the live database and provider, and writes to neither: one snapshot of
 * Postgres for each merchant, reads and searches at the provider, histories of Temporal where it can be reached.
 */
import type { Provider } from '../providers/provider.ts';
import { checkBills } from './bills.ts';
import { checkCharges } from './charges.ts';
import { checkCommands } from './commands.ts';
import { checkEvents } from './events.ts';
import { checkGuards } from './guards.ts';
import { checkHistories, type Histories } from './histories.ts';
import { verifyChain, type KeptHead } from './ledger-chain.ts';
import { checkLedger } from './ledger.ts';
import { checkLinks } from './links.ts';
import { checkProviderLinks } from './provider-links.ts';
import { checkRequests, type Span } from './requests.ts';
import type { Looking } from './rules.ts';
import { merchantsIn, ofMerchant, ofNobody } from './snapshot.ts';
import { checkStrangers } from './strangers.ts';
import { checkTenants } from './tenants.ts';
import { Findings, type Verdict } from './verdict.ts';

export interface Verified {
  readonly databaseUrl: string;
  readonly provider: Provider;
  /** A sentence: why there is nothing to ask. */
  readonly temporal?: Histories | string;
  /**
   * Nothing moves: what was just written, and what is due for a check, is judged like everything else. Without it, the
   * last ten seconds of each thing, and a check that is due now, excuse what may be half done.
   */
  readonly atRest?: boolean;
  /** By merchant: heads that were kept where nobody who can write the database can write. */
  readonly heads?: ReadonlyMap<string, KeptHead>;
  /** By merchant; everybody when left out. */
  readonly merchants?: readonly string[];
}

const GRACE_SECONDS = 10;

/** One verdict for each merchant and invariant, and one for what is nobody's alone. */
export async function verify(verified: Verified): Promise<readonly Verdict[]> {
  const { databaseUrl, provider, temporal } = verified;
  const merchants = verified.merchants ?? (await merchantsIn(databaseUrl));
  const everybody = new Findings();
  const verdicts: Verdict[] = [];
  let span: Span | undefined;
  await ofNobody(databaseUrl, undefined, async (client) => checkGuards(client, everybody));
  for (const merchantId of merchants) {
    const findings = new Findings(merchantId);
    span = wider(span, await checkMerchant(verified, merchantId, findings));
    verdicts.push(...findings.verdicts());
  }
  const atRest = verified.atRest === true;
  await checkStrangers(everybody, { databaseUrl, provider, merchants, span, atRest });
  if (temporal === undefined || typeof temporal === 'string') {
    everybody.skipped('I12', temporal ?? 'no Temporal was named');
  } else {
    await checkHistories(everybody, databaseUrl, temporal);
  }
  return [...verdicts, ...everybody.verdicts()];
}

async function checkMerchant(verified: Verified, merchantId: string, findings: Findings): Promise<Span | undefined> {
  const { databaseUrl, provider, atRest, heads } = verified;
  return ofMerchant(databaseUrl, merchantId, async (client) => {
    const looking: Looking = { client, merchantId, findings, graceSeconds: atRest === true ? 0 : GRACE_SECONDS };
    const span = await checkRequests(looking, { databaseUrl, provider });
    await checkProviderLinks(looking, { databaseUrl, provider });
    await checkLedger(looking);
    await checkCharges(looking);
    await checkBills(looking);
    await checkChain(looking, heads?.get(merchantId));
    await checkLinks(looking);
    await checkEvents(looking);
    await checkCommands(looking);
    await checkTenants(looking);
    return span;
  });
}

async function checkChain({ client, merchantId, findings }: Looking, kept: KeptHead | undefined): Promise<void> {
  const { rows, hash, bad, first } = await verifyChain(client, merchantId, kept);
  findings.looked('I5', `${rows} rows of the chain`);
  findings.looked('I5', `head ${merchantId}=${hash}@${rows}`);
  if (first !== undefined) findings.violated('I5', first, bad);
}

function wider(one: Span | undefined, other: Span | undefined): Span | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return { from: Math.min(one.from, other.from), to: Math.max(one.to, other.to) };
}
