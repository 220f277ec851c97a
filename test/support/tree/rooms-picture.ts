/**
 * Draws the rooms as one SVG: a band for each layer, its rooms as boxes, and to the right one line for each layer that
 * is imported, which whoever imports it joins on its way down.
 */
import { outlineOf, type Arrow, type RoomLayout, type Layer, type Room } from './rooms.ts';
import { squarify, type Box } from './squarify.ts';

const WIDTH = 1200;
const TOP = 124;
const GAP = 9;
const NAME_X = 24;
const ROOMS_X = 148;
const ROOMS_WIDTH = 672;
const STRIP = 54;
/** Names are wide: a box this much wider than high holds one better than a square. */
const WIDER = 4.5;
const MARGIN = 6;
const EDGE_X = ROOMS_X + ROOMS_WIDTH + MARGIN;
const FIRST_LANE_X = EDGE_X + 56;
const ROW = 10.5;
const BACKGROUND = '#fdfcfa';
const FONT = "ui-sans-serif, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif";
/** For development and tests: drawn in grey. */
const ASIDE = ['bench', 'embedded', 'simulator'];

interface Band {
  readonly layer: Layer;
  readonly y: number;
  readonly height: number;
  readonly colour: Colour;
}

interface Colour {
  readonly line: string;
  readonly fill: string;
  readonly edge: string;
}

export function drawRooms(house: RoomLayout): string {
  const bands = bandsOf(house);
  const height = Math.max(TOP, ...bands.map((band) => band.y + band.height)) + 22;
  const perLine = ROOMS_WIDTH / Math.max(1, ...house.layers.map(({ lines }) => lines));
  const size = `viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${FONT}">`,
    '<!-- Drawn by `npm run rooms` from the imports. -->',
    `<!-- ${JSON.stringify(outlineOf(house))} -->`,
    `<rect width="${WIDTH}" height="${height}" fill="${BACKGROUND}"/>`,
    ...heading(),
    ...bands.flatMap((band) => drawBand(band, perLine)),
    ...drawLines(house.arrows, bands),
    '</svg>',
    '',
  ].join('\n');
}

/** The outline that a picture was drawn with. */
export function outlineIn(svg: string): unknown {
  return JSON.parse(/^<!-- (\[.*\]) -->$/m.exec(svg)?.[1] ?? 'null');
}

function heading(): readonly string[] {
  const lines = [
    'Whoever imports stands above whom it imports. Boxes are rooms: their area is lines of code, the number counts files.',
    'Each line on the right ends in the band that is imported; whoever imports it joins on the way down, with the number of imports.',
    'Dashed: types alone, which vanish before anything runs. Grey: for development only. Tests may import anything and are left out.',
  ];
  return [
    `<text x="${NAME_X}" y="42" font-size="22" font-weight="600" fill="#222">The rooms of Relink, and who imports whom</text>`,
    ...lines.map((line, n) => `<text x="${NAME_X}" y="${66 + n * 17}" font-size="12.5" fill="#666">${line}</text>`),
  ];
}

/** As high as the lines that meet it need, and its boxes. */
function bandsOf({ layers, arrows }: RoomLayout): readonly Band[] {
  let y = TOP;
  let coloured = 0;
  return layers.map((layer) => {
    const rows = rowsIn(layer.name, arrows) + arrows.filter(({ from }) => from === layer.name).length;
    const height = Math.ceil(Math.max(STRIP, rows * ROW) + 2 * MARGIN);
    const colour = ASIDE.includes(layer.name)
      ? colourOf(40, 5, 55)
      : colourOf(212 + coloured * 137.5, 45, coloured % 2 === 0 ? 40 : 48);
    if (!ASIDE.includes(layer.name)) coloured += 1;
    const band = { layer, y, height, colour };
    y += height + GAP;
    return band;
  });
}

/** Above the lines that leave a band: that of the one that comes in. */
function rowsIn(name: string, arrows: readonly Arrow[]): number {
  return arrows.some(({ to }) => to === name) ? 1.5 : 0;
}

function colourOf(hue: number, saturation: number, lightness: number): Colour {
  const tone = (light: number): string => `hsl(${Math.round(hue % 360)} ${saturation}% ${light}%)`;
  return { line: tone(lightness), fill: tone(91), edge: tone(74) };
}

function drawBand({ layer, y, height, colour }: Band, perLine: number): readonly string[] {
  const middle = y + height / 2;
  const about = `${counted(layer.files, 'file')}, ${grouped(layer.lines)} lines`;
  const boxes = squarify(
    layer.rooms.map(({ lines }) => lines),
    { x: 0, y: middle - STRIP / 2, width: (layer.lines * perLine) / WIDER, height: STRIP },
  ).map((box) => ({ ...box, x: ROOMS_X + box.x * WIDER, width: box.width * WIDER }));
  return [
    `<rect x="12" y="${y}" width="${EDGE_X - 12}" height="${height}" rx="7" fill="#fff" stroke="#e3dfd8"/>`,
    `<rect x="12" y="${y}" width="5" height="${height}" rx="2.5" fill="${colour.line}"/>`,
    `<text x="${NAME_X + 2}" y="${round(middle - 2)}" font-size="15" font-weight="600" fill="#222">${layer.name}</text>`,
    `<text x="${NAME_X + 2}" y="${round(middle + 14)}" font-size="11" fill="#777">${about}</text>`,
    ...layer.rooms.flatMap((room, n) => {
      const box = boxes[n];
      return box === undefined ? [] : drawRoom(room, layer, insideOf(box), colour);
    }),
  ];
}

function drawRoom(room: Room, layer: Layer, box: Box, { fill, edge }: Colour): readonly string[] {
  const { x, y, width, height } = box;
  const title = `<title>${room.name}: ${counted(room.files, 'file')}, ${grouped(room.lines)} lines</title>`;
  const place = `x="${x}" y="${y}" width="${width}" height="${height}"`;
  const name = room.name === layer.name ? 'root' : room.name.slice(layer.name.length + 1);
  return [
    `<rect ${place} rx="3" fill="${fill}" stroke="${edge}">${title}</rect>`,
    ...(layer.rooms.length === 1 ? [] : label(box, name, room.files)),
  ];
}

function insideOf({ x, y, width, height }: Box): Box {
  return { x: round(x + 1), y: round(y + 1), width: round(width - 2), height: round(height - 2) };
}

/** The name, and the number of files beside or under it, as far as there is room. */
function label({ x, y, width, height }: Box, name: string, files: number): readonly string[] {
  const size = [12, 11, 10, 9, 8].find((one) => widthOf(name, one) <= width - 5 && one <= height);
  if (size === undefined) return [];
  const beside = widthOf(`${name}  ${files}`, size) <= width - 5;
  const under = !beside && height >= 2 * size + 6;
  const baseline = y + height / 2 + size * 0.35 - (under ? size * 0.6 : 0);
  const text = (at: number, words: string, style: string): string =>
    `<text x="${round(x + width / 2)}" y="${round(at)}" text-anchor="middle" font-size="${size}" ${style}>${words}</text>`;
  const number = beside ? `<tspan dx="${size / 3}" fill="#777" font-weight="400">${files}</tspan>` : '';
  return [
    text(baseline, `${name}${number}`, 'font-weight="500" fill="#333"'),
    ...(under ? [text(baseline + size * 1.2, String(files), 'fill="#777"')] : []),
  ];
}

/** Roughly, in a sans-serif. */
function widthOf(text: string, size: number): number {
  const widths = [...text].map((letter) => ('iljtfr1 -'.includes(letter) ? 0.34 : 'mw'.includes(letter) ? 0.88 : 0.6));
  return size * widths.reduce((sum, width) => sum + width, 0);
}

/**
 * One lane for each layer that is imported, the lowest one outermost: so a line that turns in towards its band crosses
 * no other. Lines of one band leave it in the order of their lanes, outermost on top, for the same reason.
 */
function drawLines(arrows: readonly Arrow[], bands: readonly Band[]): readonly string[] {
  const targets = bands.filter(({ layer }) => arrows.some(({ to }) => to === layer.name));
  const step = (WIDTH - 26 - FIRST_LANE_X) / Math.max(1, targets.length - 1);
  const order = targets.map(({ layer }) => layer.name);
  const lanes = targets.map((target, n) => {
    const joining = bands.flatMap((band) => {
      const own = arrows.filter(({ from }) => from === band.layer.name);
      const rows = own.toSorted((a, b) => order.indexOf(b.to) - order.indexOf(a.to));
      const place = rows.findIndex(({ to }) => to === target.layer.name);
      const arrow = rows[place];
      return arrow === undefined ? [] : [{ arrow, y: rowOf(band, place, rows.length, arrows) }];
    });
    const end = round(target.y + MARGIN + ROW * 0.4);
    return { x: round(FIRST_LANE_X + n * step), end, colour: target.colour.line, joining };
  });
  return lanes.toReversed().flatMap((lane) => drawLane(lane));
}

function rowOf({ layer, y, height }: Band, place: number, rows: number, arrows: readonly Arrow[]): number {
  const before = rowsIn(layer.name, arrows);
  const slack = before === 0 ? (height - 2 * MARGIN - rows * ROW) / 2 : 0;
  return round(y + MARGIN + slack + (before + place + 0.5) * ROW);
}

interface Lane {
  readonly x: number;
  readonly end: number;
  readonly colour: string;
  readonly joining: readonly { readonly arrow: Arrow; readonly y: number }[];
}

function drawLane({ x, end, colour, joining }: Lane): readonly string[] {
  const stubs = joining.flatMap(({ arrow, y }) => {
    const path = `d="M${EDGE_X + 24} ${y}H${x - 6}Q${x} ${y} ${x} ${y + 6}" fill="none"`;
    const wide = thickness(arrow.imports);
    const dashed = arrow.typesOnly ? ' stroke-dasharray="4 3"' : '';
    const title = `<title>${arrow.from} imports ${arrow.to}: ${arrow.imports}</title>`;
    return [
      `<path ${path} stroke="${BACKGROUND}" stroke-width="${round(wide + 3)}"/>`,
      `<path ${path} stroke="${colour}" stroke-width="${wide}"${dashed}>${title}</path>`,
      `<text x="${EDGE_X + 20}" y="${round(y + 3.2)}" text-anchor="end" font-size="9" fill="${colour}">${arrow.imports}</text>`,
    ];
  });
  let sum = 0;
  const trunk = joining.map(({ arrow, y }, n) => {
    sum += arrow.imports;
    const next = joining[n + 1];
    const on = next === undefined ? `V${end - 8}Q${x} ${end} ${x - 8} ${end}H${EDGE_X + 8}` : `V${round(next.y + 7)}`;
    const typesOnly = joining.slice(0, n + 1).every((one) => one.arrow.typesOnly);
    const dashed = typesOnly ? ' stroke-dasharray="4 3"' : '';
    const path = `d="M${x} ${round(y + 6)}${on}" fill="none" stroke="${colour}"`;
    return `<path ${path} stroke-width="${thickness(sum)}"${dashed}/>`;
  });
  const half = 3 + thickness(sum) / 2;
  const head = `M${EDGE_X + 1} ${end}L${EDGE_X + 10} ${round(end - half)}V${round(end + half)}Z`;
  return [...stubs, ...trunk, `<path d="${head}" fill="${colour}"/>`];
}

function thickness(imports: number): number {
  return round(1 + Math.sqrt(imports) * 0.45);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

function round(at: number): number {
  return Math.round(at * 10) / 10;
}
