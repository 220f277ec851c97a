/** The till: takes an amount and a reference, asks Relink, and shows in one big word how the sale stands. */
import { Refusal } from './api-call.js';
import { element, flash, write } from './elements.js';
import { amountText, countdownText, decimalText, faceOf, isLive } from './wording.js';

/** @import { PaymentRequest } from './contract.ts' */
/** @import { Snapshot } from './link-watch.js' */
/** @import { RelinkClient } from './relink-client.js' */

/** How long an end stays on the display when no sale follows. */
const OUTCOME_MS = 60_000;
const READING_MS = 3_000;

/**
 * @typedef {object} TillParts
 * @property {RelinkClient} relink
 * @property {string} paymentLinkId
 * @property {string} currency
 * @property {() => void} onCommand
 */

/** @param {TillParts} parts */
export function createTill({ relink, paymentLinkId, currency, onCommand }) {
  const display = createDisplay();
  const [sell, change, cancel] = ['sell', 'change', 'cancel'].map((id) => element(id, HTMLButtonElement));
  const amount = element('amount', HTMLInputElement);
  const reference = element('reference', HTMLInputElement);
  /** @type {PaymentRequest | undefined} */
  let sale;
  let underWay = false;
  let problemSince = 0;
  let proposed = (reference.value = newReference());
  write(element('currency', HTMLElement), currency);

  function offerKeys() {
    const live = sale !== undefined && isLive(sale);
    for (const key of [sell, change, cancel]) if (key !== undefined) key.disabled = underWay || (key !== sell && !live);
  }

  /** @param {() => Promise<void>} command */
  async function carryOut(command) {
    if (underWay) return;
    underWay = true;
    offerKeys();
    showProblem(undefined);
    try {
      await command();
    } catch (error) {
      problemSince = Date.now();
      showProblem(error);
    } finally {
      underWay = false;
      offerKeys();
      onCommand();
    }
  }

  const typedAmount = () => ({ currency, value: decimalText(amount.value) });
  element('sale-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    void carryOut(async () => {
      const expiresIn = Number(element('expires-in', HTMLSelectElement).value);
      const made = await relink.sell(paymentLinkId, { amount: typedAmount(), reference: reference.value, expiresIn });
      display.expect(made.id);
      if (reference.value === proposed) proposed = reference.value = newReference();
    });
  });
  change?.addEventListener('click', () => {
    const changed = sale;
    if (changed !== undefined) void carryOut(async () => void (await relink.changeAmount(changed, typedAmount())));
  });
  cancel?.addEventListener('click', () => {
    const cancelled = sale;
    if (cancelled !== undefined) void carryOut(async () => void (await relink.cancel(cancelled.id)));
  });

  return {
    /** @param {Snapshot} snapshot */
    show(snapshot) {
      const moved = sale?.id !== snapshot.sale?.id || sale?.status !== snapshot.sale?.status;
      // Long enough to be read, even when the refusal and the change behind it arrive together.
      if (moved && Date.now() - problemSince > READING_MS) showProblem(undefined);
      sale = snapshot.sale;
      write(element('till-name', HTMLElement), snapshot.link.label);
      offerKeys();
      display.show(snapshot);
    },
  };
}

/** Short, and different enough to be found again among a day's sales. */
function newReference() {
  return `sale-${new Date().toLocaleTimeString('en-GB').replaceAll(':', '')}`;
}

/** @param {unknown} error */
function showProblem(error) {
  const field = error instanceof Refusal ? (error.field ?? '') : '';
  for (const id of ['amount', 'reference']) {
    const input = element(id, HTMLInputElement);
    if (field.includes(id)) {
      input.setAttribute('aria-invalid', 'true');
      input.focus();
    } else {
      input.removeAttribute('aria-invalid');
    }
  }
  write(element('till-problem', HTMLElement), error instanceof Error ? error.message : '');
}

/**
 * Shows how the sale stands. An end is shown in big only when the page has seen the sale alive: old news is no news.
 */
function createDisplay() {
  const face = element('display', HTMLElement);
  /** @type {Set<string>} */
  const seenAlive = new Set();
  /** @type {Snapshot | undefined} */
  let shown;
  /** @type {{ readonly sale: PaymentRequest, readonly since: number } | undefined} */
  let outcome;

  function draw() {
    if (shown === undefined) return;
    const { mood, headline, sale, note } = faceOf(shown, outcome?.sale);
    if (mood === 'good' && face.dataset['mood'] !== 'good') flash(face, 'flash');
    face.dataset['mood'] = mood;
    write(element('headline', HTMLElement), headline);
    write(element('asked', HTMLElement), sale === undefined ? '' : amountText(sale.amount));
    write(element('asked-reference', HTMLElement), sale?.reference ?? '');
    write(element('note', HTMLElement), note);
    const until = mood === 'waiting' ? sale?.expiresAt : undefined;
    write(element('countdown', HTMLElement), typeof until === 'string' ? countdownText(until, Date.now()) : '');
  }

  setInterval(() => {
    if (outcome !== undefined && Date.now() - outcome.since > OUTCOME_MS) outcome = undefined;
    draw();
  }, 500);

  return {
    /** @param {string} id A sale made at this till, which may end before it is first read. */
    expect: (id) => void seenAlive.add(id),
    /** @param {Snapshot} snapshot */
    show(snapshot) {
      const { sale } = snapshot;
      shown = snapshot;
      if (sale === undefined || isLive(sale)) {
        outcome = undefined;
        if (sale !== undefined) seenAlive.add(sale.id);
      } else if (seenAlive.delete(sale.id) || outcome?.sale.id === sale.id) {
        outcome = { sale, since: outcome?.sale.id === sale.id ? outcome.since : Date.now() };
      }
      draw();
    },
  };
}
