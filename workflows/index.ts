export { paymentLink } from './payment-link.ts';
export { watch } from './watch.ts';
