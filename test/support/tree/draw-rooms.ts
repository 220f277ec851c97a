/** `npm run rooms`: draws docs/rooms.svg from the imports as they are now. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { sourceFiles } from './files.ts';
import { drawRooms } from './rooms-picture.ts';
import { houseOf } from './rooms.ts';

writeFileSync(path.resolve(import.meta.dirname, '../../../docs/rooms.svg'), drawRooms(houseOf(sourceFiles())));
