/**
 * A film for Chromium's camera that shows one printed code, held a little askew of the middle, as Y4M: one grey
 * picture.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import QRCode from 'qrcode';

const WIDTH = 640;
const HEIGHT = 480;
const [INK, PAPER, WALL] = [30, 225, 120];

/** Chromium's arguments: the film in the place of the camera, and nobody to ask for leave. */
export function cameraArguments(folder: string, code: string): readonly string[] {
  const film = path.join(folder, 'code.y4m');
  writeFileSync(film, filmOf(code));
  return [
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-video-capture=${film}`,
  ];
}

function filmOf(code: string): Buffer {
  const { modules } = QRCode.create(code, { errorCorrectionLevel: 'Q' });
  const quiet = 4;
  const scale = Math.floor((HEIGHT - 20) / (modules.size + 2 * quiet));
  const [left, top] = [170, 8];
  const picture = Buffer.alloc(WIDTH * HEIGHT, WALL);
  for (let y = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1) {
      const column = Math.floor((x - left) / scale) - quiet;
      const row = Math.floor((y - top) / scale) - quiet;
      const last = modules.size + quiet;
      if (column < -quiet || row < -quiet || column >= last || row >= last) continue;
      const inside = column >= 0 && row >= 0 && column < modules.size && row < modules.size;
      picture[y * WIDTH + x] = inside && modules.get(row, column) === 1 ? INK : PAPER;
    }
  }
  const noColour = Buffer.alloc((WIDTH * HEIGHT) / 2, 128);
  const frame = Buffer.concat([Buffer.from('FRAME\n'), picture, noColour]);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420\n`), frame, frame]);
}
