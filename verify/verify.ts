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
import { checkHistories, type HistoryCheckInput } from './histories.ts';
import { verifyChain, type LedgerHead } from './ledger-chain.ts';
import { checkLedger } from './ledger.ts';
import { checkLinks } from './links.ts';
import { checkProviderLinks } from './provider-links.ts';
import { checkRequests, type CreationSpan } from './requests.ts';
import type { MerchantSnapshot } from './rules.ts';
import { merchantsIn, merchantSnapshot, routerSnapshot } from './snapshot.ts';
import { checkStrangers } from './strangers.ts';
import { checkTenants } from './tenants.ts';
import { type Verdict, VerdictCollector } from './verdict.ts';

export interface VerifyOptions {
  readonly databaseUrl: string;
  readonly provider: Provider;
  /** A sentence: why there is nothing to ask. */
  readonly temporal?: HistoryCheckInput | string;
  /**
   * Nothing moves: what was just written, and what is due for a check, is judged like everything else. Without it, the
   * last ten seconds of each thing, and a check that is due now, excuse what may be half done.
   */
  readonly atRest?: boolean;
  /** By merchant: heads that were kept where nobody who can write the database can write. */
  readonly heads?: ReadonlyMap<string, LedgerHead>;
  /** By merchant; everybody when left out. */
  readonly merchants?: readonly string[];
}

const GRACE_SECONDS = 10;

/** One verdict for each merchant and invariant, and one for what is nobody's alone. */
export async function verify(options: VerifyOptions): Promise<readonly Verdict[]> {
  const { databaseUrl, provider, temporal } = options;
  const merchants = options.merchants ?? (await merchantsIn(databaseUrl));
  const everybody = new VerdictCollector();
  const verdicts: Verdict[] = [];
  let span: CreationSpan | undefined;
  await routerSnapshot(databaseUrl, undefined, async (client) => checkGuards(client, everybody));
  for (const merchantId of merchants) {
    const findings = new VerdictCollector(merchantId);
    span = wider(span, await checkMerchant(options, merchantId, findings));
    verdicts.push(...findings.verdicts());
  }
  const atRest = options.atRest === true;
  await checkStrangers(everybody, { databaseUrl, provider, merchants, span, atRest });
  if (temporal === undefined || typeof temporal === 'string') {
    everybody.skipped('I12', temporal ?? 'no Temporal was named');
  } else {
    await checkHistories(everybody, databaseUrl, temporal);
  }
  return [...verdicts, ...everybody.verdicts()];
}

async function checkMerchant(
  options: VerifyOptions,
  merchantId: string,
  findings: VerdictCollector,
): Promise<CreationSpan | undefined> {
  const { databaseUrl, provider, atRest, heads } = options;
  return merchantSnapshot(databaseUrl, merchantId, async (client) => {
    const snapshot: MerchantSnapshot = {
      client,
      merchantId,
      findings,
      graceSeconds: atRest === true ? 0 : GRACE_SECONDS,
    };
    const span = await checkRequests(snapshot, { databaseUrl, provider });
    await checkProviderLinks(snapshot, { databaseUrl, provider });
    await checkLedger(snapshot);
    await checkCharges(snapshot);
    await checkBills(snapshot);
    await checkChain(snapshot, heads?.get(merchantId));
    await checkLinks(snapshot);
    await checkEvents(snapshot);
    await checkCommands(snapshot);
    await checkTenants(snapshot);
    return span;
  });
}

async function checkChain(
  { client, merchantId, findings }: MerchantSnapshot,
  kept: LedgerHead | undefined,
): Promise<void> {
  const { rows, hash, bad, first } = await verifyChain(client, merchantId, kept);
  findings.looked('I5', `${rows} rows of the chain`);
  findings.looked('I5', `head ${merchantId}=${hash}@${rows}`);
  if (first !== undefined) findings.violated('I5', first, bad);
}

function wider(one: CreationSpan | undefined, other: CreationSpan | undefined): CreationSpan | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return { from: Math.min(one.from, other.from), to: Math.max(one.to, other.to) };
}
