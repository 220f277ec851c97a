/** How amounts, times and states read on the page. Amounts stay decimal strings: nothing here calculates with them. */

/** @import { Amount, PaymentRequest } from './contract.ts' */
/** @import { Snapshot } from './link-watch.js' */

/** @param {Amount} amount */
export function amountText({ currency, value }) {
  return `${currency} ${value}`;
}

/**
 * As people type it; whether it is an amount is for the API to say.
 * @param {string} typed
 */
export function decimalText(typed) {
  return typed.trim().replace(',', '.');
}

/**
 * @param {string} at
 * @param {number} now
 */
export function timeText(at, now) {
  const time = new Date(at);
  const clock = time.toLocaleTimeString('en-GB');
  return time.toDateString() === new Date(now).toDateString() ? clock : `${time.toLocaleDateString('en-CA')} ${clock}`;
}

/**
 * @param {string} until
 * @param {number} now
 */
export function countdownText(until, now) {
  const seconds = Math.ceil((Date.parse(until) - now) / 1000);
  if (seconds <= 0) return 'Its time is over. Asking the bank …';
  const parts = [Math.floor(seconds / 60), seconds % 60].map((part) => String(part).padStart(2, '0'));
  return `Payable for ${parts.join(':')}`;
}

/**
 * @typedef {'quiet' | 'busy' | 'waiting' | 'good' | 'over' | 'alarm'} Mood
 * @typedef {{ readonly mood: Mood, readonly headline: string, readonly sale?: PaymentRequest, readonly note: string }}
 * Face
 */

/**
 * What the till's display says. `outcome` is the sale whose end this page has seen and still shows.
 * @param {Snapshot} snapshot
 * @param {PaymentRequest | undefined} outcome
 * @returns {Face}
 */
export function faceOf({ link, sale }, outcome) {
  if (link.status === 'attention') {
    const note = `${sentence(link.because ?? 'nobody knows what the code shows')} No sale is linked until it is clear.`;
    return { mood: 'alarm', headline: 'Needs attention', note };
  }
  if (link.status === 'retired') {
    return { mood: 'over', headline: 'Retired', note: 'This code is closed for new sales.' };
  }
  if (sale !== undefined && isLive(sale)) return saleFace(sale);
  if (outcome !== undefined) return saleFace(outcome);
  if (link.status === 'opening') {
    return { mood: 'busy', headline: 'Opening', note: 'The bank is making the payment link.' };
  }
  const last = sale === undefined ? 'No sale yet.' : `Last sale: ${amountText(sale.amount)}, ${sale.status}.`;
  return { mood: 'quiet', headline: 'Free', note: `Ready for a sale. ${last}` };
}

/** @param {PaymentRequest} sale */
export function isLive({ status }) {
  return status === 'linking' || status === 'active' || status === 'processing';
}

/**
 * @param {PaymentRequest} sale
 * @returns {Face}
 */
function saleFace(sale) {
  switch (sale.status) {
    case 'linking':
      return { mood: 'busy', headline: 'Linking', sale, note: 'The printed code is being given this sale.' };
    case 'active':
      return { mood: 'waiting', headline: 'Waiting for payment', sale, note: '' };
    case 'processing':
      return { mood: 'busy', headline: 'Payment on its way', sale, note: 'The customer’s bank is at it.' };
    case 'paid':
      return { mood: 'good', headline: 'PAID', sale, note: 'Booked. The code is free for the next sale.' };
    case 'underpaid':
      return { mood: 'alarm', headline: 'Underpaid', sale, note: 'Less than asked for has arrived.' };
    case 'expired':
      return { mood: 'over', headline: 'Expired', sale, note: 'Not paid in time. The code is free.' };
    case 'cancelled':
      return { mood: 'over', headline: 'Cancelled', sale, note: 'Taken off the code. The code is free.' };
    case 'refused':
      return { mood: 'over', headline: 'Refused', sale, note: sentence(sale.because ?? 'the sale was not linked') };
  }
}

/**
 * @param {string} words
 */
export function sentence(words) {
  const text = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
