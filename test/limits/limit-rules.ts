/**
 * What a test file may not say about time: limits of its own, and how fast a machine has to be. One function over its
 * text.
 */
import { parseSync } from '@swc/core';
import type { SourceFile } from '../support/tree/files.ts';

interface Node {
  readonly type: string;
  readonly [member: string]: unknown;
}

const HOOKS = ['beforeAll', 'beforeEach', 'afterAll', 'afterEach'];
const TESTS = ['it', 'test'];
/** The one file that sets the limit of tests and hooks. */
const SETS_THE_LIMIT = 'test/limits/set-limits.ts';

/** Every rule that this file breaks, in plain words. */
export function limitsIn({ path, text }: SourceFile): readonly string[] {
  const found = new Set<string>();
  visit(parseSync(text, { syntax: 'typescript', target: 'es2022' }), (node) => {
    const wrong = wrongIn(node, path);
    if (wrong !== undefined) found.add(`${path}: ${wrong}`);
  });
  return [...found];
}

function visit(value: unknown, see: (node: Node) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if ('type' in value) see(value as Node);
  for (const member of Object.values(value)) visit(member, see);
}

function wrongIn(node: Node, path: string): string | undefined {
  if (node.type === 'CallExpression') return wrongInCall(node, path);
  if (node.type === 'BinaryExpression' && ['<', '<=', '>', '>='].includes(String(node['operator']))) {
    return asksAClock(node['left']) || asksAClock(node['right']) ? 'waits or judges by a clock: use until' : undefined;
  }
  if (node.type === 'KeyValueProperty') {
    const [name, value] = [nameOf(node['key'] as Node), node['value'] as Node];
    if (name === 'timeout' && value.type === 'NumericLiteral') return 'has a timeout of its own: use LIMIT_MS';
    if (name === 'signal' && sourceOf(value) === 'AbortSignal.timeout') return 'gives an answer a limit of its own';
  }
  return undefined;
}

function wrongInCall(call: Node, path: string): string | undefined {
  const callee = call['callee'] as Node;
  const given = (call['arguments'] as readonly { readonly expression: Node }[]).map(({ expression }) => expression);
  const name = sourceOf(callee);
  if (name === 'jest.setTimeout' && path !== SETS_THE_LIMIT) return 'sets the limit of its tests';
  if (name.endsWith('.setDefaultTimeout') && nameOf(given[0]) !== 'LIMIT_MS')
    return 'has a timeout of its own: use LIMIT_MS';
  if (/\.toBeLess\w+$/.test(name) && asksAClock(callee)) return 'says how fast a machine has to be: count instead';
  // `it.each(table)` answers the function that is then given the name and the test.
  const isTable = callee.type === 'MemberExpression' && nameOf(callee['property'] as Node) === 'each';
  const [first = ''] = name.split('.');
  const most = HOOKS.includes(first) ? 1 : TESTS.includes(first) && !isTable ? 2 : Infinity;
  return given.length > most ? `${first} has a limit of its own` : undefined;
}

/** `jest.setTimeout`, `expect().toBe`; calls are left out. */
function sourceOf(node: Node | undefined): string {
  switch (node?.type) {
    case 'Identifier':
      return nameOf(node);
    case 'MemberExpression':
      return `${sourceOf(node['object'] as Node)}.${nameOf(node['property'] as Node)}`;
    case 'CallExpression':
      return sourceOf(node['callee'] as Node);
    case 'TaggedTemplateExpression':
      return sourceOf(node['tag'] as Node);
    case undefined:
    default:
      return '';
  }
}

function nameOf(node: Node | undefined): string {
  return node?.type === 'Identifier' ? String(node['value']) : '';
}

function asksAClock(value: unknown): boolean {
  let asked = false;
  visit(value, (node) => {
    if (node.type === 'MemberExpression') asked ||= ['Date.now', 'performance.now'].includes(sourceOf(node));
  });
  return asked;
}
