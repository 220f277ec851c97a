export { paymentLink } from './payment-link.ts';
export { reconcile } from './reconcile.ts';
export { watch } from './watch.ts';
