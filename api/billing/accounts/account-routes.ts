/** The addresses of a utility's accounts, their meters, and its logo. */
import * as s from './account-schemas.ts';
import type { RouteSpec } from '../../http/route-spec.ts';

const MOST_LOGO_BYTES = 1_000_000;

export const accountRoutes = {
  putLogo: {
    method: 'put',
    path: '/v1/logo',
    tag: 'Bills',
    summary: 'The logo that is printed on the next batch of bills',
    access: 'key',
    streamed: { bytes: MOST_LOGO_BYTES, types: ['image/png'] },
    answers: { 200: { description: 'It is stored.', schema: s.logo } },
    problems: ['payload-too-large', 'unsupported-media-type', 'validation-failed'],
  },
  readLogo: {
    method: 'get',
    path: '/v1/logo',
    tag: 'Bills',
    summary: 'The logo, as it was sent',
    access: 'key',
    answers: { 200: { description: 'The picture.', contentType: 'image/png' } },
    problems: ['not-found'],
  },
  putAccount: {
    method: 'put',
    path: '/v1/service-accounts/{accountId}',
    tag: 'Bills',
    summary: "An account under the utility's own number: who is supplied, at what tariff, and how its bills fall due",
    access: 'key',
    body: s.accountBody,
    answers: { 200: { description: 'The account.', schema: s.account } },
  },
  readAccount: {
    method: 'get',
    path: '/v1/service-accounts/{accountId}',
    tag: 'Bills',
    summary: 'An account with its meters, its printed code and its newest bill',
    access: 'key',
    answers: { 200: { description: 'The account.', schema: s.account } },
    problems: ['not-found'],
  },
  listAccounts: {
    method: 'get',
    path: '/v1/service-accounts',
    tag: 'Bills',
    summary: 'What a meter reader takes along: all accounts, those of a batch, or the one of a short code',
    access: 'key',
    query: s.accountQuery,
    answers: { 200: { description: 'A page.', schema: s.accountPage } },
    problems: ['not-found'],
  },
  putMeter: {
    method: 'put',
    path: '/v1/meters/{meterId}',
    tag: 'Bills',
    summary: "A meter's time at an account; an exchange ends one and begins another, in two calls",
    access: 'key',
    body: s.meterBody,
    answers: { 200: { description: 'The meter.', schema: s.meter } },
    problems: ['meter-in-service'],
  },
} as const satisfies Record<string, RouteSpec>;
