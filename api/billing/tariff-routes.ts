/** The addresses of tariffs. */
import type { RouteSpec } from '../http/route-spec.ts';
import { noQuery } from '../links/schemas.ts';
import * as s from './tariff-schemas.ts';

export const tariffRoutes = {
  putTariff: {
    method: 'put',
    path: '/v1/tariffs/{tariffId}/versions/{version}',
    tag: 'Bills',
    summary:
      'Write a version of a tariff, once and for ever: a change is a new version, and each bill names the one it used',
    access: 'key',
    body: s.newTariff,
    answers: { 200: { description: 'The tariff, new or as it was before.', schema: s.tariff } },
    problems: ['tariff-version-taken'],
  },
  listTariffs: {
    method: 'get',
    path: '/v1/tariffs',
    tag: 'Bills',
    summary: 'List all versions of all tariffs, the newest first',
    access: 'key',
    query: s.tariffQuery,
    answers: { 200: { description: 'A page.', schema: s.tariffPage } },
  },
  readTariff: {
    method: 'get',
    path: '/v1/tariffs/{tariffId}',
    tag: 'Bills',
    summary: 'All versions of a tariff, the newest first',
    access: 'key',
    query: noQuery,
    answers: { 200: { description: 'All of them.', schema: s.tariffVersions } },
    problems: ['not-found'],
  },
} as const satisfies Record<string, RouteSpec>;
