import { describe, expect, it } from '@jest/globals';
import {
  accountFaults,
  isSameInstallation,
  meterFaults,
  conflictingInstallation,
  type InstalledMeter,
  type ServiceAccount,
} from '../../../domain/billing/account.ts';

const account = (changes: Partial<ServiceAccount> = {}): ServiceAccount => ({
  accountId: '0047-000123',
  holder: 'Maria da Conceição Gonçalves',
  taxId: '529.982.247-25',
  address: ['Rua das Laranjeiras, 12, bloco B', '22240-003 Rio de Janeiro – RJ'],
  language: 'pt',
  tariffId: 'residential',
  ...changes,
});

const meter = (changes: Partial<InstalledMeter> = {}): InstalledMeter => ({
  meterId: 'M-7781',
  accountId: '0047-000123',
  digits: 5,
  decimals: 0,
  multiplier: '1',
  installed: { value: '00120', at: '2026-01-01T08:00:00-03:00' },
  ...changes,
});

describe('an account', () => {
  it('is stored as a utility has it', () => {
    expect(accountFaults(account())).toEqual([]);
    const { taxId: _, ...nameless } = account();
    expect(accountFaults(nameless)).toEqual([]);
  });

  it.each<[string, Partial<ServiceAccount>]>([
    ['accountId', { accountId: '' }],
    ['accountId', { accountId: '.47' }],
    ['accountId', { accountId: 'a/b' }],
    ['accountId', { accountId: '4'.repeat(41) }],
    ['holder', { holder: ' ' }],
    ['holder', { holder: 'm'.repeat(141) }],
    ['holder', { holder: 'Maria\0' }],
    ['holder', { holder: 'Maria \ud83d' }],
    ['taxId', { taxId: '529.982.247-26' }],
    ['taxId', { taxId: '' }],
    ['address', { address: [] }],
    ['address', { address: Array<string>(7).fill('Rua') }],
    ['address[1]', { address: ['Rua', ''] }],
    ['language', { language: 'de' as 'pt' }],
    ['tariffId', { tariffId: 'no spaces' }],
  ])('is not with a wrong %s: %j', (field, changes) => {
    expect(accountFaults(account(changes)).map((fault) => fault.field)).toEqual([field]);
  });

  it('hears of all its faults at once', () => {
    const faults = accountFaults(account({ accountId: '?', holder: '', language: 'xx' as 'pt' }));
    expect(faults.map(({ field }) => field)).toEqual(['accountId', 'holder', 'language']);
  });
});

describe('a meter', () => {
  it('is stored with the register that it had when it came', () => {
    expect(meterFaults(meter())).toEqual([]);
    const exact = {
      digits: 3,
      decimals: 3,
      multiplier: '0.5',
      installed: { value: '7.125', at: '2026-02-28T00:00:00Z' },
    };
    expect(meterFaults(meter(exact))).toEqual([]);
  });

  const at = '2026-01-01T00:00:00Z';
  it.each<[string, Partial<InstalledMeter>]>([
    ['meterId', { meterId: '' }],
    ['accountId', { accountId: ' 47' }],
    ['digits', { digits: 13 }],
    ['decimals', { decimals: 7 }],
    ['decimals', { decimals: Number.NaN }],
    ['multiplier', { multiplier: '0' }],
    ['multiplier', { multiplier: '-1' }],
    ['multiplier', { multiplier: '1,5' }],
    ['installed.value', { installed: { value: '123456', at } }],
    ['installed.value', { installed: { value: '12.5', at } }],
    ['installed.value', { installed: { value: '-12', at } }],
    ['installed.at', { installed: { value: '0', at: '2026-01-01' } }],
    ['installed.at', { installed: { value: '0', at: '2026-01-01T00:00:00' } }],
    ['installed.at', { installed: { value: '0', at: '2026-02-30T00:00:00Z' } }],
    ['installed.at', { installed: { value: '0', at: '0000-01-01T00:00:00Z' } }],
    ['removed.value', { removed: { value: 'x', at: '2026-02-01T00:00:00Z' } }],
    ['removed.at', { removed: { value: '130', at: '2025-12-31T23:59:59Z' } }],
  ])('is not with a wrong %s: %j', (field, changes) => {
    expect(meterFaults(meter(changes)).map((fault) => fault.field)).toEqual([field]);
  });
});

describe('a meter that goes from one account to another', () => {
  const gone = meter({ removed: { value: '00300', at: '2026-06-01T08:00:00-03:00' } });
  const next = (from: string): InstalledMeter =>
    meter({ accountId: '0047-000999', installed: { value: '00300', at: from } });

  it('may come in the moment in which it went', () => {
    expect(conflictingInstallation([gone], next('2026-06-01T11:00:00Z'))).toBeUndefined();
    expect(conflictingInstallation([next('2026-06-01T11:00:00Z')], gone)).toBeUndefined();
  });

  it('cannot come sooner, nor while it is still in service', () => {
    expect(conflictingInstallation([gone], next('2026-06-01T10:59:59Z'))).toEqual(gone);
    expect(conflictingInstallation([meter()], next('2027-01-01T00:00:00Z'))).toEqual(meter());
    expect(conflictingInstallation([meter()], next('2026-01-01T11:00:00Z'))).toEqual(meter());
  });

  it('is the same installation however its instant is written', () => {
    const written = meter({ installed: { value: '00120', at: '2026-01-01T11:00:00.000Z' } });
    expect(isSameInstallation(meter(), written)).toBe(true);
    expect(conflictingInstallation([meter()], written)).toBeUndefined();
  });

  it('does not come back to its own account before it has left it', () => {
    expect(
      conflictingInstallation([meter()], meter({ installed: { value: '0', at: '2026-03-01T00:00:00Z' } })),
    ).toEqual(meter());
  });
});
