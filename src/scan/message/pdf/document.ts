import type { ByteString } from '../bytes.ts';
import type { Budget } from './budget.ts';
import { dictOf, PdfObject, PdfObjects } from './objects.ts';
import { type PdfDict, PdfReference, type PdfValue } from './syntax.ts';

/** What objects mean (rspamd: lualib/lua_content/pdf.lua:process_dict). */
export class PdfDocument {
  readonly objects: PdfObjects;
  /** There is JavaScript in it. */
  hasScripts = false;

  /** @param encrypted the trailer says so */
  constructor(text: ByteString, encrypted: boolean, budget: Budget) {
    this.objects = new PdfObjects(text, encrypted, budget);
    for (const object of this.objects.all) this.#read(object);
  }

  /** Pages that are drawn by objects, in the order of the file. */
  get pages(): readonly PdfObject[] {
    return this.objects.all.filter(({ type, contents }) => type === 'Page' && contents !== undefined);
  }

  /** Texts of links, as they stand there. */
  *links(): Iterable<ByteString> {
    for (const { value } of this.objects.all) if (value !== undefined) yield* linksIn(value, 0);
  }

  #read(object: PdfObject): void {
    if (object.type !== undefined || object.value === undefined) return;
    const dict = dictOf(object);
    const type = dict.get('Type');
    if (typeof type === 'string') object.type = type;
    else if (dict.has('S') && dict.has('JS')) object.type = 'Javascript';
    else return;
    this.#findContents(object, dict);
    object.resources = this.#resourcesOf(dict);
    switch (object.type) {
      case 'Action':
      case 'Javascript':
        this.#noteScript(dict);
        break;
      case 'Catalog':
        this.#followAction(dict);
        break;
      case 'XRef':
        this.objects.noteEncryption(object);
        break;
    }
  }

  #findContents(object: PdfObject, dict: PdfDict): void {
    const contents = dict.get('Contents');
    if (contents === undefined || typeof contents !== 'object') return;
    const list = contents instanceof PdfReference ? [contents] : Array.isArray(contents) ? contents : [];
    object.contents = list
      .map((content) => this.objects.resolve(content))
      .filter((content) => content instanceof PdfObject);
    for (const content of object.contents) content.type = 'content';
  }

  /** Its own, or else those of what it belongs to where that has been read. */
  #resourcesOf(dict: PdfDict): PdfDict | undefined {
    const own = dict.get('Resources');
    if (typeof own === 'object') return dictOf(this.objects.resolve(own));
    const parent = this.objects.resolve(dict.get('Parent'));
    return parent instanceof PdfObject ? parent.resources : undefined;
  }

  #noteScript(dict: PdfDict): void {
    const script = this.objects.resolve(dict.get('JS'));
    if (typeof script === 'string') this.hasScripts = true;
    if (script instanceof PdfObject && this.objects.streamOf(script) !== undefined) this.hasScripts = true;
  }

  #followAction(catalog: PdfDict): void {
    const action = this.objects.resolve(catalog.get('OpenAction'));
    if (action instanceof PdfObject) this.#read(action);
  }
}

/** Links are not looked for deeper. */
const maxDepth = 10;

function* linksIn(value: PdfDict | readonly PdfValue[], depth: number): Iterable<ByteString> {
  if (depth > maxDepth) return;
  const isList = Array.isArray(value);
  for (const [key, item] of value.entries()) {
    if (item instanceof Map || Array.isArray(item)) yield* linksIn(item, depth + 1);
    else if (!isList && key === 'URI' && typeof item === 'string') yield item;
  }
}
