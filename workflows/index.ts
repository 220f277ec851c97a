export { billBatch } from './bill-batch.ts';
export { exception } from './exception.ts';
export { moneyReturn } from './money-return.ts';
export { paymentLink } from './payment-link.ts';
export { reconcile } from './reconcile.ts';
export { watch } from './watch.ts';
