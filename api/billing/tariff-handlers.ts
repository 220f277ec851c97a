/** Tariffs over HTTP: a version is written once; writing it again is accepted only with the same content. */
import type pg from 'pg';
import type { z } from 'zod';
import { tenantTransaction } from '../../db/pool.ts';
import { requestRating } from '../../db/billing/readings.ts';
import { insertTariff, listTariffs, readTariffVersions } from '../../db/billing/tariffs.ts';
import { fromJson, parseDecimal, toJson, toText, type Currency, type MoneyJson } from '../../domain/money.ts';
import { tariffFaults } from '../../domain/billing/tariff-faults.ts';
import type { Tariff } from '../../domain/billing/tariff.ts';
import type { Call, HandlersOf } from '../http/call.ts';
import { canonicalJson, pointerOf } from '../http/json-body.ts';
import { notFound, Problem, type FieldError } from '../http/problems.ts';
import type * as s from './tariff-schemas.ts';
import type { tariffRoutes } from './tariff-routes.ts';
import { pageJson, pageRequest } from '../http/paging.ts';
import { readPlace } from '../../db/merchants.ts';
import { present } from '../../domain/present.ts';

const TARIFF_ID = /^[A-Za-z0-9_-]{1,50}$/;
const VERSION = /^[1-9]\d{0,8}$/;

export function createTariffHandlers({ pool }: { readonly pool: pg.Pool }): HandlersOf<typeof tariffRoutes> {
  return {
    /**
     * Marks the accounts that a new version may affect in the same transaction; `watch` signals their links, some
     * thousand per round.
     */
    async putTariff(call) {
      const { merchantId, keyId } = call.caller;
      const tariff = await tenantTransaction(pool, merchantId, async (client) => {
        const { currency } = await readPlace(client);
        const wanted = readTariff(call, currency);
        if (await insertTariff(client, merchantId, wanted, `key ${keyId}`)) {
          await requestRating(client, { tariff: wanted.id });
          return wanted;
        }
        const known = (await readTariffVersions(client, wanted.id)).find(({ version }) => version === wanted.version);
        if (canonicalJson(known) === canonicalJson(wanted)) return wanted;
        throw new Problem('tariff-version-taken', 'Bills may have used it: write the change as a new version.');
      });
      return { status: 200, json: tariffJson(tariff) };
    },

    async listTariffs({ caller, query: { limit, after } }) {
      const page = await tenantTransaction(pool, caller.merchantId, async (client) =>
        listTariffs(client, pageRequest(limit, after)),
      );
      return { status: 200, json: pageJson(page, tariffJson) };
    },

    async readTariff({ caller, params: { tariffId } }) {
      const versions = await tenantTransaction(pool, caller.merchantId, async (client) =>
        TARIFF_ID.test(tariffId) ? readTariffVersions(client, tariffId) : [],
      );
      if (versions.length === 0) throw notFound();
      return { status: 200, json: { data: versions.map(tariffJson), next: null } };
    },
  };
}

function readTariff({ params, body }: Call<(typeof tariffRoutes)['putTariff']>, ours: Currency): Tariff {
  const { fixed, minimum, ...rest } = body;
  const amounts = { fixed: amountOf(fixed), minimum: amountOf(minimum) };
  const tariff = {
    ...rest,
    id: params.tariffId,
    version: Number(params.version),
    ...present({ fixed: amounts.fixed, minimum: amounts.minimum }),
  } as Tariff;
  const errors: FieldError[] = [];
  if (!TARIFF_ID.test(tariff.id)) {
    errors.push({ parameter: 'tariffId', detail: 'must be 1 to 50 letters, digits, - or _' });
  }
  if (!VERSION.test(params.version)) errors.push({ parameter: 'version', detail: 'must be a whole number from 1' });
  if (tariff.currency !== ours) errors.push({ pointer: '/currency', detail: `must be ${ours}, which is yours` });
  for (const name of ['fixed', 'minimum'] as const) {
    if (body[name] === undefined || amounts[name] !== undefined) continue;
    const detail = `must be a decimal string with exactly the digits of ${body[name].currency}`;
    errors.push({ pointer: `/${name}/value`, detail });
  }
  for (const { field, because } of tariffFaults(tariff)) {
    if (field !== 'version') errors.push({ pointer: pointerOf(field), detail: because });
  }
  if (errors.length > 0) throw new Problem('validation-failed', 'See errors.', { errors });
  return tariff;
}

function amountOf(said: { readonly currency: string; readonly value: string } | undefined): MoneyJson | undefined {
  const read = said === undefined ? undefined : parseDecimal(said.value, said.currency as Currency);
  return read === undefined ? undefined : toJson(read);
}

function tariffJson({ id, version, fixed, minimum, ...rest }: Tariff): z.output<typeof s.tariff> {
  return {
    id,
    version,
    ...(rest as Omit<z.output<typeof s.tariff>, 'id' | 'version' | 'fixed' | 'minimum'>),
    ...(fixed === undefined ? {} : { fixed: toText(fromJson(fixed)) }),
    ...(minimum === undefined ? {} : { minimum: toText(fromJson(minimum)) }),
  };
}
