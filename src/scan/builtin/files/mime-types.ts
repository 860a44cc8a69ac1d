import { type MimePart, toText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import type { RuleContext } from '../../scanner.ts';
import type { Task } from '../../task.ts';
import { single, symbol } from '../check.ts';
import { type MimeSettings, mimeSettings, type OwnWeights, ownWeights } from './mime-settings.ts';
import { obscuredAt, plainName, splitName } from './names.ts';

const group = 'mime_types';

/** Files of one archive that are looked at. */
const maxFiles = 1000;

/** Types and names of parts and of the files in archives (rspamd: src/plugins/lua/mime_types.lua). */
export function mimeTypes(context: RuleContext): Rule {
  const settings = mimeSettings(context);
  const { symbols } = settings;
  return {
    name: 'MIME_TYPES_CALLBACK',
    stage: 'filter',
    symbols: {
      [symbols.good]: single(-0.1, group, 'Parts of a usual type'),
      [symbols.bad]: single(1, group, 'Parts of a type that no mail program makes'),
      [symbols.unknown]: single(0.1, group, 'Parts of a type that nobody knows'),
      MIME_TRACE: symbol(0, group, 'What was made of each part'),
      [symbols.attachment]: single(4, group, 'The name of a file says something else than its type'),
      [symbols.extension]: single(2, group, 'The name of a file ends in a dangerous way'),
      [symbols.doubleExtension]: single(3, group, 'The name of a file hides a dangerous end'),
      [symbols.unicode]: single(2, group, 'The name of a file has characters that show something else'),
      [symbols.encrypted]: single(2, group, 'An archive that only its reader can open'),
      [symbols.obfuscated]: single(2, group, 'Names in an archive have characters that show something else'),
      [symbols.nested]: single(5, group, 'An archive in an archive'),
      [symbols.splitProgram]: single(5, group, 'A program in the volume of an archive'),
    },
    run: (task) => {
      const own = ownWeights(task);
      for (const part of task.message.parts) new PartCheck(task, part, settings, own).run();
    },
  };
}

class PartCheck {
  readonly #task: Task;
  readonly #part: MimePart;
  readonly #name: string;
  readonly #type: string;
  readonly #settings: MimeSettings;
  readonly #own: OwnWeights;

  constructor(task: Task, part: MimePart, settings: MimeSettings, own: OwnWeights) {
    this.#task = task;
    this.#part = part;
    this.#settings = settings;
    this.#own = own;
    this.#name = toText(part.filename);
    this.#type = toText(`${part.type.type}/${part.type.subtype}`);
  }

  run(): void {
    const { detected } = this.#part;
    if (this.#name !== '') this.#checkName(this.#name, this.#type, detected?.ext);
    if (this.#part.archive !== undefined) this.#archive(this.#part.archive);
    this.#value();
  }

  #insert(symbol: string, multiplier: number, options: readonly string[]): void {
    this.#task.insert(symbol, multiplier, options);
  }

  #trace(sign: '+' | '-' | '~'): void {
    this.#insert('MIME_TRACE', 0, [`${this.#part.id}:${sign}`]);
  }

  #found(symbol: string, multiplier: number, options: readonly string[]): void {
    this.#insert(symbol, multiplier, options);
    this.#trace('-');
  }

  #value(): void {
    const { detected } = this.#part;
    const { symbols, valueOfType } = this.#settings;
    let value = valueOfType(this.#type);
    const differs = detected !== undefined && detected.mime !== this.#type;
    if (differs) {
      const own = valueOfType(detected.mime);
      if (value === undefined || (own !== undefined && own > value)) value = own;
    }
    if (value === undefined) {
      this.#insert(symbols.unknown, 1, [this.#type]);
      this.#trace('~');
    } else if (value > 0) {
      this.#found(symbols.bad, value * (differs ? 1.5 : 1), [differs ? `${this.#type}:${detected.mime}` : this.#type]);
    } else {
      if (value < 0) this.#insert(symbols.good, -value, [this.#type]);
      this.#trace(value < 0 ? '+' : '~');
    }
  }

  /** @param type as declared; undefined for a file in an archive, of which `files` tells how many there are */
  #checkName(given: string, type: string | undefined, detected: string | undefined, files?: number): void {
    const { symbols, isExcused, weightOfMismatch } = this.#settings;
    const obscured = obscuredAt(given);
    if (obscured !== undefined)
      this.#insert(symbols.unicode, 1, [`0x${obscured.codePoint.toString(16)}d after ${obscured.before}`]);
    const name = plainName(given);
    if (isExcused(name)) return;
    const { extension, before, pieces } = splitName(name);
    if (detected !== undefined && extension !== detected && files === undefined)
      this.#checkName(`detected.${detected}`, this.#part.detected?.mime, undefined);
    if (extension === undefined) return;
    const hidden =
      before === undefined || (files === undefined && detected === extension)
        ? undefined
        : this.#badness(before, files);
    this.#extension(extension, before, pieces, this.#badness(extension, files), hidden);
    this.#nested(extension, before, files);
    const mismatch = type === undefined ? undefined : weightOfMismatch(extension, type);
    if (mismatch !== undefined) this.#insert(symbols.attachment, mismatch, [`${extension}:${type}`]);
  }

  /** @param files of the archive that the file is in */
  #badness(extension: string, files: number | undefined): number | undefined {
    const { badAlone, badExtensions } = this.#settings;
    const inArchive =
      files === undefined
        ? undefined
        : (this.#own.inArchives.get(extension) ?? (files < 2 ? badAlone.get(extension) : undefined));
    return inArchive ?? this.#own.anywhere.get(extension) ?? badExtensions.get(extension);
  }

  #extension(
    extension: string,
    before: string | undefined,
    pieces: number,
    own: number | undefined,
    hidden: number | undefined,
  ): void {
    if (own === undefined && hidden === undefined) return;
    // A date or a number before the end is no extension.
    if (pieces > 2 && before !== undefined && /^.{1,4}$/s.test(before) && !/^\d+[\])]?$/.test(before))
      this.#found(this.#settings.symbols.doubleExtension, Math.max(own ?? 0, hidden ?? 0), [`.${before}.${extension}`]);
    else if (own !== undefined) this.#found(this.#settings.symbols.extension, own, [extension]);
  }

  #nested(extension: string, before: string | undefined, files: number | undefined): void {
    const { archiveExtensions, symbols } = this.#settings;
    if (files !== undefined) {
      if (archiveExtensions.has(extension)) this.#found(symbols.nested, 1, [extension]);
    } else if (before !== undefined && archiveExtensions.has(before) && !/^\d+$/.test(extension)) {
      this.#found(symbols.nested, 1, [`.${before}.${extension}`]);
    }
  }

  #archive({ type, files, encrypted, obfuscated, unreadable }: NonNullable<MimePart['archive']>): void {
    const { badExtensions, noArchives, symbols } = this.#settings;
    const name = this.#name === '' ? [] : [this.#name];
    if (encrypted) this.#found(symbols.encrypted, 1, name);
    else if (unreadable) this.#found(symbols.encrypted, 0.5, ['compressed header', ...name]);
    else if (obfuscated) this.#found(symbols.obfuscated, 1, ['obfuscated archive', ...name]);
    const { extension, before } = splitName(this.#name);
    const isDocument = this.#part.detected !== undefined && this.#part.detected.type !== 'archive';
    if (isDocument || (extension !== undefined && noArchives.has(extension))) return;
    const isVolume = /^\d{3}$/.test(extension ?? '') && type === 'rar';
    for (const file of files.slice(0, maxFiles)) {
      const own = toText(file.name);
      if (file.encrypted) this.#found(symbols.encrypted, 1, [own]);
      if (own === '') continue;
      if (isVolume && splitName(own).extension === 'exe') this.#insert(symbols.splitProgram, 1, [own]);
      else this.#checkName(own, undefined, undefined, files.length);
    }
    const inner = files.length === 1 ? splitName(toText(files[0]?.name ?? '')).extension : undefined;
    if (inner === undefined || before === undefined || before === '' || !badExtensions.has(inner)) return;
    if (inner !== before && !/^\d+$/.test(before)) this.#insert(symbols.doubleExtension, 2, [`${before}!=${inner}`]);
  }
}
