/** What a tag is (rspamd: src/libserver/html/html_tags.h) and what was found out about it while reading. */
export const tagFlags = {
  /** No content and no closing tag. */
  empty: 1 << 0,
  /** Belongs to the head of the document: nothing of it shows. */
  head: 1 << 1,
  block: 1 << 2,
  table: 1 << 3,
  row: 1 << 4,
  /** Once in a document. */
  unique: 1 << 5,
  /** Has a link. */
  href: 1 << 6,
  /** A declaration, a processing instruction or a comment. */
  xml: 1 << 7,
  closed: 1 << 8,
  broken: 1 << 9,
  ignore: 1 << 10,
  comment: 1 << 11,
  /** Not in the text: made up to mend the tree. */
  virtual: 1 << 12,
} as const;

const known: ReadonlyArray<readonly [flags: number, names: string]> = [
  [0, 'a abbr acronym applet b bdo big body button cite code dd dfn dt em font frameset head html i iframe kbd label'],
  [0, 'legend li map optgroup option q rb rbc rp rt rtc ruby s samp select small span strike strong sub sup textarea'],
  [0, 'tt u var audio bdi canvas data datalist mark meter output picture progress slot svg template time video'],
  [tagFlags.empty, 'area base basefont br col frame hr img input isindex link meta param nextid embed keygen source'],
  [tagFlags.empty, 'track wbr'],
  [tagFlags.head, 'base meta object script style title nextid'],
  [tagFlags.block, 'address area blockquote center del dir div dl fieldset form h1 h2 h3 h4 h5 h6 hr ins isindex'],
  [tagFlags.block, 'listing menu noframes noscript ol p plaintext pre table ul xmp article aside details dialog'],
  [tagFlags.block, 'figcaption figure footer header hgroup main nav section summary'],
  [tagFlags.table, 'caption col colgroup tbody tfoot thead tr'],
  [tagFlags.row, 'td th'],
  [tagFlags.unique, 'body head html title'],
  [tagFlags.href, 'a area form frame iframe link map audio embed source track video'],
];

const byName = new Map<string, number>();
for (const [flags, names] of known)
  for (const name of names.split(' ')) byName.set(name, (byName.get(name) ?? 0) | flags);

/** @returns the flags of a tag that HTML has (rspamd: src/libserver/html/html_tag_defs.hxx); undefined for another name */
export function knownTag(name: string): number | undefined {
  return byName.get(name);
}
