import type { Color } from './values.ts';

/**
 * Names of colours: those of X11, so that gray, green, maroon and purple are not what CSS has them for
 * (rspamd: src/libserver/css/css_colors_list.hxx).
 */
const named = `
  aliceblue:f0f8ff antiquewhite:faebd7 aqua:00ffff aquamarine:7fffd4 azure:f0ffff beige:f5f5dc bisque:ffe4c4
  black:000000 blanchedalmond:ffebcd blue:0000ff blueviolet:8a2be2 brown:a52a2a burlywood:deb887 cadetblue:5f9ea0
  chartreuse:7fff00 chocolate:d2691e coral:ff7f50 cornflowerblue:6495ed cornsilk:fff8dc crimson:dc143c cyan:00ffff
  darkblue:00008b darkcyan:008b8b darkgoldenrod:b8860b darkgray:a9a9a9 darkgreen:006400 darkgrey:a9a9a9
  darkkhaki:bdb76b darkmagenta:8b008b darkolivegreen:556b2f darkorange:ff8c00 darkorchid:9932cc darkred:8b0000
  darksalmon:e9967a darkseagreen:8fbc8f darkslateblue:483d8b darkslategray:2f4f4f darkslategrey:2f4f4f
  darkturquoise:00ced1 darkviolet:9400d3 deeppink:ff1493 deepskyblue:00bfff dimgray:696969 dimgrey:696969
  dodgerblue:1e90ff firebrick:b22222 floralwhite:fffaf0 forestgreen:228b22 fuchsia:ff00ff gainsboro:dcdcdc
  ghostwhite:f8f8ff gold:ffd700 goldenrod:daa520 gray:bebebe green:00ff00 greenyellow:adff2f grey:bebebe
  honeydew:f0fff0 hotpink:ff69b4 indianred:cd5c5c indigo:4b0082 ivory:fffff0 khaki:f0e68c lavender:e6e6fa
  lavenderblush:fff0f5 lawngreen:7cfc00 lemonchiffon:fffacd lightblue:add8e6 lightcoral:f08080 lightcyan:e0ffff
  lightgoldenrod:eedd82 lightgoldenrodyellow:fafad2 lightgray:d3d3d3 lightgreen:90ee90 lightgrey:d3d3d3
  lightpink:ffb6c1 lightsalmon:ffa07a lightseagreen:20b2aa lightskyblue:87cefa lightslateblue:8470ff
  lightslategray:778899 lightslategrey:778899 lightsteelblue:b0c4de lightyellow:ffffe0 lime:00ff00 limegreen:32cd32
  linen:faf0e6 magenta:ff00ff maroon:b03060 mediumaquamarine:66cdaa mediumblue:0000cd mediumorchid:ba55d3
  mediumpurple:9370db mediumseagreen:3cb371 mediumslateblue:7b68ee mediumspringgreen:00fa9a mediumturquoise:48d1cc
  mediumvioletred:c71585 midnightblue:191970 mintcream:f5fffa mistyrose:ffe4e1 moccasin:ffe4b5 navajowhite:ffdead
  navy:000080 navyblue:000080 oldlace:fdf5e6 olive:808000 olivedrab:6b8e23 orange:ffa500 orangered:ff4500
  orchid:da70d6 palegoldenrod:eee8aa palegreen:98fb98 paleturquoise:afeeee palevioletred:db7093 papayawhip:ffefd5
  peachpuff:ffdab9 peru:cd853f pink:ffc0cb plum:dda0dd powderblue:b0e0e6 purple:a020f0 rebeccapurple:663399
  red:ff0000 rosybrown:bc8f8f royalblue:4169e1 saddlebrown:8b4513 salmon:fa8072 sandybrown:f4a460 seagreen:2e8b57
  seashell:fff5ee sienna:a0522d silver:c0c0c0 skyblue:87ceeb slateblue:6a5acd slategray:708090 slategrey:708090
  snow:fffafa springgreen:00ff7f steelblue:4682b4 tan:d2b48c teal:008080 thistle:d8bfd8 tomato:ff6347
  turquoise:40e0d0 violet:ee82ee violetred:d02090 webgray:808080 webgreen:008000 webgrey:808080 webmaroon:800000
  webpurple:800080 wheat:f5deb3 white:ffffff whitesmoke:f5f5f5 x11gray:bebebe x11green:00ff00 x11grey:bebebe
  x11maroon:b03060 x11purple:a020f0 yellow:ffff00 yellowgreen:9acd32 activeborder:b4b4b4 activecaption:99b4d1
  appworkspace:ababab background:000000 buttonhighlight:ffffff buttonshadow:a0a0a0 captiontext:000000
  inactiveborder:f4f7fc inactivecaption:bfcddb inactivecaptiontext:000000 infobackground:ffffe1 infotext:000000
  menu:f0f0f0 menutext:000000 scrollbar:c8c8c8 threeddarkshadow:000000 threedface:000000 threedhighlight:000000
  threedlightshadow:000000 threedshadow:000000 window:ffffff windowframe:646464 windowtext:000000
`;

/** Names with the numbers 1 to 4, from bright to dark; the colour of 1, where it is not the name's own. */
const numbered = `
  mistyrose thistle:ffe1ff antiquewhite:ffefdb gold navajowhite yellow mediumpurple:ab82ff turquoise:00f5ff snow
  lightgoldenrod:ffec8b tan:ffa54f darkseagreen:c1ffc1 blue lightcyan cadetblue:98f5ff steelblue:63b8ff magenta
  cornsilk chocolate:ff7f24 mediumorchid:e066ff lavenderblush orchid:ff83fa violetred:ff3e96 orange red
  darkorange:ff7f00 tomato darkgoldenrod:ffb90f lightpink:ffaeb9 ivory goldenrod:ffc125 wheat:ffe7ba
  firebrick:ff3030 salmon:ff8c69 palevioletred:ff82ab azure green darkorchid:bf3eff brown:ff4040 cyan
  burlywood:ffd39b pink:ffb5c5 deepskyblue darkolivegreen:caff70 seashell royalblue:4876ff slategray:c6e2ff
  skyblue:87ceff chartreuse lightblue:bfefff maroon:ff34b3 olivedrab:c0ff3e honeydew dodgerblue palegreen:9aff9a
  darkslategray:97ffff deeppink lightsteelblue:cae1ff khaki:fff68f rosybrown:ffc1c1 aquamarine sienna:ff8247
  lightsalmon springgreen bisque lightskyblue:b0e2ff lemonchiffon purple:9b30ff orangered coral:ff7256
  slateblue:836fff paleturquoise:bbffff seagreen:54ff9f plum:ffbbff peachpuff indianred:ff6a6a lightyellow
  hotpink:ff6eb4
`;

const colors = new Map<string, Color>([['transparent', { r: 0, g: 0, b: 0, alpha: 0 }]]);
for (const [name, color] of entries(named)) colors.set(name, color as Color);
const bright = new Map(entries(numbered).map(([name, color]) => [name, color ?? (colors.get(name) as Color)]));

/** @param name in lower case, as colours are written in style sheets */
export function namedColor(name: string): Color | undefined {
  const color = colors.get(name);
  if (color !== undefined) return color;
  const [, base, digits] = /^([a-z]+)([0-9]{1,3})$/.exec(name) ?? [];
  if (base === undefined || digits === undefined || (digits.length > 1 && digits.startsWith('0'))) return undefined;
  const number = Number(digits);
  if (base === 'gray' || base === 'grey') return number > 100 ? undefined : grey(number);
  const brightest = bright.get(base);
  return brightest === undefined || number < 1 || number > 4 ? undefined : darkened(brightest, number);
}

/** In percent of white. */
function grey(percent: number): Color {
  const level = Math.trunc(percent * 2.55 + 0.4999);
  return { r: level, g: level, b: level, alpha: 255 };
}

/** What X11 has, to within 1 (8 for shades of hot pink). */
function darkened({ r, g, b, alpha }: Color, step: number): Color {
  const level = [
    (x: number) => x,
    (x: number) => x * 0.9327 + 0.5,
    (x: number) => x * 0.8037 + 0.5,
    (x: number) => x * 0.5484,
  ][step - 1] as (x: number) => number;
  return { r: Math.trunc(level(r)), g: Math.trunc(level(g)), b: Math.trunc(level(b)), alpha };
}

function entries(list: string): [name: string, color: Color | undefined][] {
  return list
    .trim()
    .split(/\s+/)
    .map((entry) => {
      const [name = '', hex] = entry.split(':');
      if (hex === undefined) return [name, undefined];
      const value = Number.parseInt(hex, 16);
      return [name, { r: value >> 16, g: (value >> 8) & 0xff, b: value & 0xff, alpha: 255 }];
    });
}
