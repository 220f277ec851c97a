/**
 * Accounts and meters over HTTP. A change that may affect a bill marks the account in the same transaction and then
 * signals its link.
 */
import type pg from 'pg';
import {
  listAccounts,
  readAccount,
  tariffIds,
  requestRatingOfMetered,
  writeAccounts,
  type AccountView,
} from '../../../db/billing/accounts.ts';
import { lockMeters, MeterConflict, writeMeters, type Writer } from '../../../db/billing/meters.ts';
import { newestBill } from '../../../db/billing/newest-bill.ts';
import { tenantTransaction } from '../../../db/pool.ts';
import { linksToSignal, type MeteredLink } from '../../../db/billing/readings.ts';
import {
  isAccountNumber,
  isSameInstallation,
  isUnchanged,
  conflictingInstallation,
  describeConflict,
  type InstalledMeter,
} from '../../../domain/billing/account.ts';
import { parseShortCode, type ShortCodeError } from '../../../domain/codes/short-code.ts';
import type { CommandSender } from '../../../temporal/command-sender.ts';
import { accountFromBody, invalid, meterFromBody, rulesOf } from './account-input.ts';
import { accountInRoundJson, accountJson, meterJson } from './account-views.ts';
import type { Caller, HandlersOf } from '../../http/call.ts';
import { notFound, Problem } from '../../http/problems.ts';
import type { accountRoutes } from './account-routes.ts';
import { USUAL_PAGE } from '../../http/paging.ts';
import { readPlace } from '../../../db/merchants.ts';
import { present } from '../../../domain/present.ts';

interface AccountDependencies {
  readonly pool: pg.Pool;
  readonly sender: Pick<CommandSender, 'signal'>;
}

type AccountHandlers = Pick<
  HandlersOf<typeof accountRoutes>,
  'putAccount' | 'readAccount' | 'listAccounts' | 'putMeter'
>;

export function createAccountHandlers({ pool, sender }: AccountDependencies): AccountHandlers {
  return {
    async putAccount({ caller, params: { accountId }, body }) {
      const asked = accountFromBody(accountId, body);
      const { view, bill, links } = await tenantTransaction(pool, caller.merchantId, async (client) => {
        const rules = rulesOf(body, (await readPlace(client)).currency);
        if (!(await tariffIds(client)).has(asked.tariffId)) {
          throw invalid([{ pointer: '/tariffId', detail: 'there is no such tariff' }]);
        }
        const changed = await writeAccounts(client, writerOf(caller), [asked], { rules, known: 'replace' });
        return stored(client, accountId, changed);
      });
      signalLinks(sender, caller, links);
      return { status: 200, json: accountJson(view, bill) };
    },

    async readAccount({ caller, params: { accountId } }) {
      return tenantTransaction(pool, caller.merchantId, async (client) => {
        const account = isAccountNumber(accountId) ? await readAccount(client, accountId) : undefined;
        if (account === undefined) throw notFound();
        return { status: 200, json: accountJson(account, await newestBill(client, accountId)) };
      });
    },

    async listAccounts({ caller, query: { batchId, shortCode: typed, limit = USUAL_PAGE, after } }) {
      const shortCode = typed === undefined ? undefined : codeOf(typed);
      if (batchId !== undefined && after !== undefined && !/^\d{1,9}$/.test(after)) {
        const errors = [{ parameter: 'after', detail: 'must be the `next` of a page of this batch' }];
        throw new Problem('invalid-query', 'See errors.', { errors });
      }
      const found = await tenantTransaction(pool, caller.merchantId, async (client) =>
        listAccounts(client, { batchId, shortCode, after, limit: limit + 1 }),
      );
      const shown = found.slice(0, limit);
      const next = found.length > limit ? (shown.at(-1)?.place ?? null) : null;
      return { status: 200, json: { data: shown.map(accountInRoundJson), next } };
    },

    async putMeter({ caller, params: { meterId }, body }) {
      const asked = meterFromBody(meterId, body);
      const { meter, links } = await tenantTransaction(pool, caller.merchantId, async (client) =>
        install(client, writerOf(caller), asked),
      );
      signalLinks(sender, caller, links);
      return { status: 200, json: meterJson(meter) };
    },
  };
}

interface StoredAccount {
  readonly view: AccountView;
  readonly bill: Awaited<ReturnType<typeof newestBill>>;
  readonly links: readonly MeteredLink[];
}

async function stored(client: pg.ClientBase, accountId: string, changed: readonly string[]): Promise<StoredAccount> {
  await requestRatingOfMetered(client, changed);
  const view = await readAccount(client, accountId);
  if (view === undefined) throw new Error(`account ${accountId} was stored and is not there`);
  return { view, bill: await newestBill(client, accountId), links: await linksToSignal(client, { accounts: changed }) };
}

async function install(
  client: pg.ClientBase,
  writer: Writer,
  asked: InstalledMeter,
): Promise<{ readonly meter: InstalledMeter; readonly links: readonly MeteredLink[] }> {
  const { accountId, meterId } = asked;
  if ((await readAccount(client, accountId)) === undefined) {
    throw invalid([{ pointer: '/accountId', detail: 'there is no such account' }]);
  }
  const known = await lockMeters(client, { meters: [meterId], accounts: [accountId] });
  const before = known.find((one) => isSameInstallation(one, asked));
  const removed = asked.removed ?? before?.removed;
  const meter = { ...asked, ...present({ removed }) };
  const other = conflictingInstallation(known, meter);
  if (other !== undefined) {
    throw new Problem('meter-in-service', `It ${describeConflict(other, meter)}: end that first, with removed.`);
  }
  if (isUnchanged(before, meter)) return { meter, links: [] };
  await writeMeters(client, writer, [meter]).catch((error: unknown) => {
    if (!(error instanceof MeterConflict)) throw error;
    throw new Problem('meter-in-service', 'Another call has just put it elsewhere.');
  });
  await requestRatingOfMetered(client, [accountId]);
  return { meter, links: await linksToSignal(client, { accounts: [accountId] }) };
}

/** After the commit, not awaited: `watch` repeats a lost signal. */
function signalLinks(
  sender: AccountDependencies['sender'],
  { merchantId }: Caller,
  links: readonly MeteredLink[],
): void {
  for (const link of links) void sender.signal('usage', { merchantId, ...link }, {}).catch(() => undefined);
}

export function writerOf({ merchantId, keyId }: Caller): Writer {
  return { merchantId, actor: `key ${keyId}` };
}

const SHORT_CODE_FAULTS: { readonly [error in ShortCodeError]: string } = {
  length: 'a short code has nine characters',
  character: 'holds a character that no short code has',
  check: 'was mistyped: its last character does not prove the others',
};

function codeOf(typed: string): string {
  const parsed = parseShortCode(typed);
  if (parsed.ok) return parsed.code;
  const errors = [{ parameter: 'shortCode', detail: SHORT_CODE_FAULTS[parsed.error] }];
  throw new Problem('invalid-query', 'See errors.', { errors });
}
