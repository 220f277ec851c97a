/** The customer's phone. It knows the printed text and the bank's control API, and nothing of Relink. */
import { element, flash, write } from './elements.js';
import { amountText } from './wording.js';

/** @import { Amount, BankRefusal, FaultsInForce, Receipt, Scan } from './contract.ts' */

/**
 * @typedef {{ readonly ok: boolean, readonly status: number, readonly body: unknown }} BankAnswer
 */

/** @param {{ simulatorUrl: string, printedText: string }} parts */
export function createPhone({ simulatorUrl, printedText }) {
  const bank = createBank(simulatorUrl);
  const sheet = createSheet();
  /** @type {Amount | undefined} What the payer has agreed to: the bank refuses when it has changed since. */
  let agreed;

  async function scan() {
    const { ok, body } = await bank('scan', { text: printedText });
    const seen = ok ? /** @type {Scan} */ (body) : undefined;
    agreed = seen?.payable ? seen.amount : undefined;
    if (seen?.payable) sheet.offer(seen);
    else sheet.say('nothing', refusalIn(body) ?? 'There is nothing to pay here right now.');
  }

  /** @param {{ how?: string, amount?: Amount }} order */
  async function pay(order) {
    const { ok, status, body } = await bank('pay', { text: printedText, ...order });
    agreed = undefined;
    if (!ok) {
      sheet.say('nothing', refusalIn(body) ?? `The bank answers with status ${status}.`);
      return;
    }
    const paid = amountText(/** @type {Receipt} */ (body).amount);
    if (status === 202) sheet.say('paid', `${paid} is on its way.`);
    else sheet.say('paid', `You paid ${paid}.`);
  }

  element('scan', HTMLButtonElement).addEventListener('click', () => void scan());
  element('pay', HTMLButtonElement).addEventListener('click', () => {
    if (agreed !== undefined) void pay({ amount: agreed });
  });
  for (const button of document.querySelectorAll('button[data-how]')) {
    button.addEventListener('click', () => void pay({ how: button.getAttribute('data-how') ?? 'normal' }));
  }
  offerLostCallbacks(bank);
  showTime();
}

/**
 * @param {string} simulatorUrl
 * @returns {(call: string, body?: object) => Promise<BankAnswer>}
 */
function createBank(simulatorUrl) {
  return async (call, body) => {
    try {
      const answer = await fetch(`${simulatorUrl}/control/${call}`, {
        method: body === undefined ? 'GET' : 'POST',
        ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      return { ok: answer.ok, status: answer.status, body: await answer.json() };
    } catch {
      return { ok: false, status: 0, body: { sentence: 'No connection to the bank. Try again.' } };
    }
  };
}

/** @param {unknown} body */
function refusalIn(body) {
  return /** @type {BankRefusal} */ (body).sentence;
}

function createSheet() {
  const sheet = element('sheet', HTMLElement);
  const pay = element('pay', HTMLButtonElement);
  const scan = element('scan', HTMLButtonElement);

  /**
   * @param {string} is
   * @param {Record<string, string>} texts By the id of the paragraph; the others are emptied.
   */
  function show(is, texts) {
    sheet.dataset['is'] = is;
    for (const id of ['hint', 'payee', 'price', 'words', 'verdict']) write(element(id, HTMLElement), texts[id] ?? '');
    pay.hidden = is !== 'offer';
    scan.textContent = 'Scan again';
    flash(sheet, 'arrive');
  }

  return {
    /** @param {Extract<Scan, { readonly payable: true }>} seen */
    offer({ payee, amount, reference, description }) {
      const words = [reference, description].filter((text) => text !== undefined).join(' · ');
      show('offer', { payee, price: amountText(amount), words });
      pay.textContent = `Pay ${amountText(amount)}`;
      pay.focus();
    },
    /**
     * @param {'paid' | 'nothing'} is
     * @param {string} text
     */
    say(is, text) {
      if (document.activeElement === pay) scan.focus();
      show(is, { verdict: text });
    },
  };
}

/** @param {ReturnType<typeof createBank>} bank */
function offerLostCallbacks(bank) {
  const drop = element('drop-callbacks', HTMLInputElement);
  const reflect = async () => {
    const { ok, body } = await bank('faults');
    if (ok) drop.checked = /** @type {FaultsInForce} */ (body).callbacks?.does === 'drop';
  };
  drop.addEventListener('change', () => {
    void bank('faults', { callbacks: drop.checked ? 'drop' : 'deliver' }).then(reflect);
  });
  void reflect();
}

function showTime() {
  const clock = element('phone-time', HTMLElement);
  const draw = () => write(clock, new Date().toLocaleTimeString('en-GB').slice(0, 5));
  draw();
  setInterval(draw, 5_000);
}
