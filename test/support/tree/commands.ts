/** The commands that a document tells people to type, as far as they start something of this project. */

interface Command {
  /** As it stands there. */
  readonly text: string;
  /** A script of package.json. */
  readonly script?: string;
  /** A file that Node starts, and what Node is told besides. */
  readonly file?: string;
  readonly options?: string;
}

const SCRIPT = /\bnpm (?:run (?<script>[\w:-]+)|(?<short>start|test)\b)/g;
const FILE = /\bnode (?<options>(?:-[\w-]+(?:[ =][\w-]+)? )*)(?<file>[\w./-]+\.(?:ts|js|mjs))\b/g;

export function commandsIn(text: string): readonly Command[] {
  const scripts = [...text.matchAll(SCRIPT)].map(({ 0: all, groups = {} }) => ({
    text: all,
    script: groups['script'] ?? groups['short'] ?? '',
  }));
  const files = [...text.matchAll(FILE)].map(({ 0: all, groups = {} }) => ({
    text: all,
    file: groups['file'] ?? '',
    options: (groups['options'] ?? '').trim(),
  }));
  return [...scripts, ...files];
}
