/**
 * A bank's statement as camt.053 (ISO 20022, versions 02 and 08): booked entries, and their transactions where an entry
 * is a batch. Read in pieces by a parser that expands no entities; a document type is refused outright.
 */
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { parseCurrency, parseDay, parseStatementAmount } from '../../domain/reconciliation/statement.ts';
import { descriptionOf, endToEndIdOf, failed, type ReadLine } from './statement-lines.ts';

const NAMESPACE = /^urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.0[28]$/;
/** Real files are a dozen levels deep. */
const DEEPEST = 64;
const LONGEST_TEXT = 2_000;

/** Texts of an entry, or of one of its transactions, by path. */
type Fields = Record<string, string>;

interface Entry {
  readonly line: number;
  readonly own: Fields;
  readonly transactions: Fields[];
}

class CamtRefusal extends Error {}

export async function* readCamt(text: AsyncIterable<string>): AsyncIterable<ReadLine> {
  const gathering = createGathering();
  const parser = parserInto(gathering);
  let number = 0;
  function* take(): Iterable<ReadLine> {
    for (const read of gathering.entries.splice(0).flatMap(linesOf)) {
      number += 1;
      yield read.is === 'line' ? { ...read, line: { ...read.line, line: number } } : read;
    }
  }
  try {
    for await (const part of text) {
      parser.write(part);
      yield* take();
    }
    parser.close();
    yield* take();
  } catch (error) {
    if (!(error instanceof CamtRefusal)) throw error;
    yield* take();
    yield failed(parser.line, String(parser.column), error.message);
  }
}

function parserInto(gathering: ReturnType<typeof createGathering>) {
  const parser = new SaxesParser({ xmlns: true, position: true });
  const refuse = (why: string): never => {
    throw new CamtRefusal(why);
  };
  parser.on('doctype', () => refuse('a document type is not taken'));
  parser.on('error', (error) => refuse(`not XML: ${error.message.replace(/^[\d:]+ */, '')}`));
  parser.on('opentag', (tag: SaxesTagNS) => gathering.open(tag, parser.line));
  parser.on('text', (text) => gathering.text(text));
  parser.on('cdata', (text) => gathering.text(text));
  parser.on('closetag', (tag: SaxesTagNS) => gathering.close(tag));
  return parser;
}

/** Entries as they close, one level of fields each. */
function createGathering() {
  const path: string[] = [];
  const entries: Entry[] = [];
  let entry: Entry | undefined;
  let transaction: Fields | undefined;
  let content = '';
  /** Below the transaction, else below the entry. */
  const place = (): string => {
    const from = path.lastIndexOf(transaction === undefined ? 'Ntry' : 'TxDtls');
    return path.slice(from + 1).join('/');
  };
  return {
    entries,
    open({ local, uri, attributes }: SaxesTagNS, line: number): void {
      if (path.length === 0 && (local !== 'Document' || !NAMESPACE.test(uri))) {
        throw new CamtRefusal('the root is no Document of camt.053.001.02 or .08');
      }
      path.push(local);
      if (path.length > DEEPEST) throw new CamtRefusal(`more than ${DEEPEST} levels deep`);
      content = '';
      if (local === 'Ntry') entry = { line, own: {}, transactions: [] };
      if (entry === undefined) return;
      if (local === 'TxDtls') transaction = {};
      if (local === 'Amt') (transaction ?? entry.own)[`${place()}@Ccy`] = attributes['Ccy']?.value ?? '';
    },
    text(piece: string): void {
      if (entry !== undefined && content.length < LONGEST_TEXT) content += piece;
    },
    close({ local }: SaxesTagNS): void {
      if (entry !== undefined && content.trim() !== '') (transaction ?? entry.own)[place()] ??= content.trim();
      content = '';
      path.pop();
      if (local === 'TxDtls' && transaction !== undefined) {
        entry?.transactions.push(transaction);
        transaction = undefined;
      }
      if (local !== 'Ntry' || entry === undefined) return;
      entries.push(entry);
      entry = undefined;
    },
  };
}

/** An entry that is only pending has moved nothing. */
function linesOf({ own, transactions, line }: Entry): readonly ReadLine[] {
  const status = own['Sts'] ?? own['Sts/Cd'] ?? 'BOOK';
  if (status !== 'BOOK') return [];
  const [only, ...more] = transactions;
  if (only === undefined) return [lineOf(own, own, line)].flat();
  if (more.length > 0) return transactions.flatMap((one) => lineOf(own, one, line));
  // The amount of a single transaction may be left out: it is the entry's.
  return [lineOf(own, { Amt: own['Amt'] ?? '', 'Amt@Ccy': own['Amt@Ccy'] ?? '', ...only }, line)].flat();
}

function lineOf(entry: Fields, one: Fields, line: number): readonly ReadLine[] {
  const [path, text] = one['Amt'] === undefined ? ['AmtDtls/TxAmt/Amt', one['AmtDtls/TxAmt/Amt']] : ['Amt', one['Amt']];
  const currency = parseCurrency(one[`${path}@Ccy`] ?? '');
  if (currency === undefined) return [failed(line, `Ntry/${path}/@Ccy`, 'no currency that is known here')];
  const amount = /^\d/.test(text ?? '') ? parseStatementAmount(text ?? '', currency, '.') : undefined;
  if (amount === undefined || (text ?? '').includes(','))
    return [failed(line, `Ntry/${path}`, `no amount of ${currency}`)];
  const direction = one['CdtDbtInd'] ?? entry['CdtDbtInd'];
  if (direction !== 'CRDT' && direction !== 'DBIT') return [failed(line, 'Ntry/CdtDbtInd', 'neither CRDT nor DBIT')];
  const day = entry['BookgDt/Dt'] ?? entry['BookgDt/DtTm']?.slice(0, 10) ?? '';
  const bookedOn = parseDay(day.slice(0, 10), 'yyyy-mm-dd');
  if (bookedOn === undefined) return [failed(line, 'Ntry/BookgDt', 'no day')];
  const id = endToEndIdOf(one['Refs/EndToEndId']);
  if (id === undefined) return [failed(line, 'Ntry/NtryDtls/TxDtls/Refs/EndToEndId', 'no end-to-end id')];
  if (amount.minorUnits === 0n) return [];
  const minorUnits = `${direction === 'DBIT' ? '-' : ''}${amount.minorUnits}`;
  const said = descriptionOf(one['RmtInf/Ustrd'] ?? entry['AddtlNtryInf']);
  return [{ is: 'line', line: { line: 0, bookedOn, amount: { currency, minorUnits }, ...id, ...said } }];
}
