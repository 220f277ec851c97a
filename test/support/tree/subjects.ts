/**
 * The second table of the architecture: which subject may know which, inside the layers that have rooms for subjects.
 * It says what the first, by layer, cannot: a till must not stop working because somebody changes how a bill is rated.
 */
import { importsOf, targetOf } from './imports.ts';

type Subject = 'kernel' | 'codes' | 'money' | 'links' | 'billing' | 'reconciliation' | 'above';

const LAYERS = ['domain', 'activities', 'db', 'api'];
const GROUND: readonly Subject[] = ['kernel', 'codes'];

/** Whom a subject may import; itself always. Types may look back: they vanish before anything runs. */
const MAY: Readonly<Record<Subject, readonly Subject[]>> = {
  kernel: ['codes'],
  codes: ['kernel'],
  money: [...GROUND, 'links'],
  links: [...GROUND, 'money'],
  billing: [...GROUND, 'money', 'links'],
  reconciliation: [...GROUND, 'money', 'links'],
  above: [...GROUND, 'money', 'links', 'billing', 'reconciliation'],
};
/** In `domain/` a link knows of money, and money of no link. */
const MAY_IN_DOMAIN: Partial<typeof MAY> = { money: GROUND };

/** Rooms that hold the rooms of subjects together, or look after all of them. */
const ABOVE = ['activities/watch/', 'api/operations/', 'api/pages/'];
/** Files of a layer's root are its kernel, except those that put it together. */
const COMPOSITIONS = [
  'activities/create-activities.ts',
  'api/main.ts',
  'api/openapi.ts',
  'api/router.ts',
  'api/routes.ts',
  'api/server.ts',
];

/** Undefined: a file of a layer without subjects. */
function subjectOf(file: string): Subject | undefined {
  const [layer = '', room = ''] = file.split('/');
  if (!LAYERS.includes(layer)) return undefined;
  if (COMPOSITIONS.includes(file) || ABOVE.some((folder) => file.startsWith(folder))) return 'above';
  return room in MAY ? (room as Subject) : 'kernel';
}

export function forbiddenSubjects(file: { readonly path: string; readonly text: string }): readonly string[] {
  const subject = subjectOf(file.path);
  if (subject === undefined) return [];
  const may = (file.path.startsWith('domain/') ? MAY_IN_DOMAIN[subject] : undefined) ?? MAY[subject];
  return importsOf(file.text).flatMap(({ specifier, typeOnly }) => {
    const target = subjectOf(targetOf(file.path, specifier));
    if (typeOnly || target === undefined || target === subject || may.includes(target)) return [];
    return [`imports ${specifier}, which is of ${target}; ${subject} may import ${may.join(', ')}, and types of all`];
  });
}
