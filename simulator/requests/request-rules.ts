/**
 * The rules between fields of a payment request. They look at the raw body, so that they are told together with errors
 * of shape; a field of the wrong shape is left to the schema.
 */
import { SAO_PAULO_MS } from './amount-due.ts';
import type { ErrorCode, ErrorContext } from '../bank-errors.ts';
import type { ExpirationType, RequestRecord } from '../records.ts';

interface RuleSetting {
  /** The request that is being updated; undefined for a create. */
  readonly existing: RequestRecord | undefined;
  readonly createdAt: number;
  readonly acceptOneCent: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

const DUE_DATE_ONLY = [
  'paymentDueDate',
  'gracePeriod',
  'interestType',
  'interestParameters',
  'discountType',
  'discountParameters',
  'penaltyType',
  'penaltyParameters',
  'reductionType',
  'reductionParameters',
];
const IMMEDIATE_ONLY = ['duration', 'isAmountAdjustable'];
const TERMS = ['interest', 'discount', 'penalty', 'reduction'] as const;

export function crossFieldErrors(body: unknown, setting: RuleSetting): ErrorContext[] {
  const request = fieldsOf(body)['request'];
  if (!isFields(request)) return [];
  const kind = request['expirationType'] ?? setting.existing?.content.expirationType;
  const errors = [...amountErrors(request, setting)];
  if (setting.existing === undefined) {
    if (kind === undefined) errors.push(wrong('10001', 'expirationType', 'Mandatory field is missing.'));
    const creditor = request['creditor'];
    if (isFields(creditor) && creditor['account'] === undefined) {
      errors.push(wrong('10001', 'creditor.account', 'Mandatory field is missing.'));
    }
  }
  if (kind === 'IMMEDIATE') errors.push(...unexpected(request, DUE_DATE_ONLY, kind));
  if (kind === 'DUE_DATE') {
    errors.push(...unexpected(request, IMMEDIATE_ONLY, kind), ...dueDateErrors(request, setting));
    for (const term of TERMS) errors.push(...termErrors(request, term));
  }
  return errors;
}

function amountErrors(request: Fields, setting: RuleSetting): ErrorContext[] {
  const amount = request['paymentAmount'];
  if (typeof amount !== 'string' || !/^0+\.0[01]$/.test(amount)) return [];
  if (amount.endsWith('1') && setting.acceptOneCent) return [];
  return [wrong('10100', 'paymentAmount', 'The amount must be more than 0.01.')];
}

function unexpected(request: Fields, names: readonly string[], kind: ExpirationType): ErrorContext[] {
  return names
    .filter((name) => request[name] !== undefined)
    .map((name) => wrong('10105', name, `Unexpected field when expirationType is ${kind}.`));
}

function dueDateErrors(request: Fields, setting: RuleSetting): ErrorContext[] {
  const dueDate = request['paymentDueDate'];
  if (dueDate === undefined) return [wrong('10001', 'paymentDueDate', 'Mandatory field is missing.')];
  // A bill may fall due on the day on which it is made there.
  const today = new Date(setting.createdAt + SAO_PAULO_MS).toISOString().slice(0, 10);
  if (typeof dueDate !== 'string' || dueDate >= today) return [];
  return [wrong('10102', 'paymentDueDate', 'The due date lies before the creation of the request.')];
}

/** A type other than NOT_APPLICABLE needs its parameters, and only those that go with it. */
function termErrors(request: Fields, term: (typeof TERMS)[number]): ErrorContext[] {
  const type = request[`${term}Type`];
  const name = `${term}Parameters`;
  const parameters = request[name];
  if (type === undefined || type === 'NOT_APPLICABLE') {
    return parameters === undefined ? [] : [wrong('10105', name, `Unexpected field without ${term}Type.`)];
  }
  if (typeof type !== 'string') return [];
  if (parameters === undefined) return [wrong('10001', name, `Mandatory field when ${term}Type is ${type}.`)];
  if (!isFields(parameters)) return [];
  const wanted = type.startsWith('PERCENTAGE') ? 'percentage' : 'amount';
  if (type.endsWith('_TO_DATE')) {
    const strays = strayErrors(parameters, name, ['days', 'amount', 'percentage'], type);
    return [...strays, ...cutOffErrors(request, parameters, wanted, type)];
  }
  return [...strayErrors(parameters, name, ['cutOffDetails'], type), ...measureErrors(parameters, name, wanted, type)];
}

function strayErrors(parameters: Fields, name: string, members: readonly string[], type: string): ErrorContext[] {
  return members
    .filter((member) => name === 'discountParameters' && parameters[member] !== undefined)
    .map((member) => wrong('10105', `${name}.${member}`, `Unexpected field for ${type}.`));
}

function cutOffErrors(request: Fields, parameters: Fields, wanted: string, type: string): ErrorContext[] {
  const name = 'discountParameters.cutOffDetails';
  const details = parameters['cutOffDetails'];
  if (details === undefined || (Array.isArray(details) && details.length === 0)) {
    return [wrong('10001', name, `Mandatory field when discountType is ${type}.`)];
  }
  if (!Array.isArray(details)) return [];
  return details.flatMap((detail: unknown, index) => {
    const fields = fieldsOf(detail);
    const errors = measureErrors(fields, `${name}[${index}]`, wanted, type);
    const cutOff = fields['cutOffDate'];
    if (typeof cutOff === 'string' && cutOff > String(request['paymentDueDate'])) {
      errors.push(wrong('10104', `${name}[${index}].cutOffDate`, 'The cut-off date lies after the due date.'));
    }
    return errors;
  });
}

function measureErrors(parameters: Fields, name: string, wanted: string, type: string): ErrorContext[] {
  const other = wanted === 'amount' ? 'percentage' : 'amount';
  const errors: ErrorContext[] = [];
  if (parameters[wanted] === undefined) errors.push(wrong('10001', `${name}.${wanted}`, `Mandatory for ${type}.`));
  if (parameters[other] !== undefined) errors.push(wrong('10105', `${name}.${other}`, `Unexpected field for ${type}.`));
  return errors;
}

function wrong(code: ErrorCode, field: string, message: string): ErrorContext {
  return { code, message: message.slice(0, 99), field: `$.request.${field}`, location: 'BODY' };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}
