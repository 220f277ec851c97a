/** Example files, made on the spot: they can be sent as they are, and they fit each other. */

const ACCOUNTS = [
  ['1001', 'Ana Souza', '529.982.247-25', 'Rua das Acácias 12|01310-100 São Paulo', 'pt', 'M-1001', '00100'],
  ['1002', 'Bruno Lima', '', 'Rua das Acácias 14|01310-100 São Paulo', 'pt', 'M-1002', '00250'],
  ['1003', 'Carla Dias', '', 'Rua do Sol 3|20040-020 Rio de Janeiro', 'en', 'M-1003', '99990'],
];
const READ = ['00220', '00311', '00040'];
const HOUR_MS = 3_600_000;

/**
 * @param {string} tariffId Empty: the batch names it.
 * @param {number} now
 */
export function sampleAccounts(tariffId, now) {
  const header =
    'account,holder,taxId,address,language,tariff,meter,digits,decimals,multiplier,installedValue,installedAt';
  const installedAt = wholeHour(now - 24 * HOUR_MS);
  const rows = ACCOUNTS.map(([account, holder, taxId, address, language, meter, value]) =>
    [account, holder, taxId, address, language, tariffId, meter, 5, 0, 1, value, installedAt].join(','),
  );
  return [header, ...rows, ''].join('\n');
}

/**
 * Of the meters in the other example. The device is named after the minute: each example is a new one.
 * @param {number} now
 */
export function sampleReadings(now) {
  const header = 'deviceId,sequence,meterId,value,readAt,kind,photoSha256,correctsDeviceId,correctsSequence';
  const device = `example-${new Date(now).toISOString().slice(0, 16).replaceAll(/\D/g, '')}`;
  const readAt = wholeHour(now);
  const rows = READ.map((value, index) =>
    [device, index + 1, ACCOUNTS[index]?.[5], value, readAt, 'actual', '', '', ''].join(','),
  );
  return [header, ...rows, ''].join('\n');
}

/** @param {number} at */
function wholeHour(at) {
  return new Date(Math.floor(at / HOUR_MS) * HOUR_MS).toISOString().replace('.000', '');
}

/**
 * Made when it is asked for, because it depends on the day and on what is chosen.
 * @param {HTMLAnchorElement} link
 * @param {() => string} make
 */
export function offerSample(link, make) {
  link.addEventListener('click', () => {
    URL.revokeObjectURL(link.href);
    link.href = URL.createObjectURL(new Blob([make()], { type: 'text/csv' }));
  });
}
