/** The addresses of the printed code. */
import type { RouteSpec } from '../http/route-spec.ts';
import * as s from './schemas.ts';

export const codeRoutes = {
  drawSvg: {
    method: 'get',
    path: '/v1/payment-links/{paymentLinkId}/qr.svg',
    tag: 'Payment links',
    summary: 'The printed code as SVG: the same bytes on every call',
    access: 'key',
    query: s.pixelQuery,
    answers: { 200: { description: 'The code.', contentType: 'image/svg+xml' } },
    problems: ['not-found', 'payment-link-opening', 'printed-code-changed'],
  },
  drawPng: {
    method: 'get',
    path: '/v1/payment-links/{paymentLinkId}/qr.png',
    tag: 'Payment links',
    summary: 'The printed code as PNG: the same bytes on every call',
    access: 'key',
    query: s.pixelQuery,
    answers: { 200: { description: 'The code.', contentType: 'image/png' } },
    problems: ['not-found', 'payment-link-opening', 'printed-code-changed'],
  },
  drawPdf: {
    method: 'get',
    path: '/v1/payment-links/{paymentLinkId}/qr.pdf',
    tag: 'Payment links',
    summary: 'The printed code as a PDF with its caption: the same bytes on every call',
    access: 'key',
    query: s.printQuery,
    answers: { 200: { description: 'The code.', contentType: 'application/pdf' } },
    problems: ['not-found', 'payment-link-opening', 'printed-code-changed'],
  },
} as const satisfies Record<string, RouteSpec>;
