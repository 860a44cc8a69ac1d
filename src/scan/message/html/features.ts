/** Links of a document (rspamd: src/libserver/html/html_features.h). */
export interface LinkFeatures {
  total: number;
  /** Hosts with letters beyond ASCII. */
  punycode: number;
  ip: number;
  port: number;
  longQuery: number;
  /** The text shows another domain. */
  displayMismatch: number;
  mailto: number;
  http: number;
  /** With a query. */
  query: number;
  /** Of the sender's domain. */
  sameDomain: number;
  /** Distinct hosts. */
  hosts: number;
  maxPerHost: number;
}

/** Counts that rules and statistics use of an HTML document. Text in bytes. */
export interface HtmlFeatures {
  readonly links: LinkFeatures;
  forms: number;
  /** Forms that go to another domain than the sender's. */
  foreignForms: number;
  ownForms: number;
  passwordInput: boolean;
  images: number;
  externalImages: number;
  dataImages: number;
  tinyImages: number;
  tags: number;
  depth: number;
  visibleText: number;
  hiddenText: number;
  transparentText: number;
  hiddenBlocks: number;
  transparentBlocks: number;
  offscreenBlocks: number;
  metaRefresh: number;
  metaRefreshUrls: number;
  /** Properties of the document, as the original numbers them. */
  flags: number;
}

export function newFeatures(): HtmlFeatures {
  return {
    links: {
      total: 0,
      punycode: 0,
      ip: 0,
      port: 0,
      longQuery: 0,
      displayMismatch: 0,
      mailto: 0,
      http: 0,
      query: 0,
      sameDomain: 0,
      hosts: 0,
      maxPerHost: 0,
    },
    forms: 0,
    foreignForms: 0,
    ownForms: 0,
    passwordInput: false,
    images: 0,
    externalImages: 0,
    dataImages: 0,
    tinyImages: 0,
    tags: 0,
    depth: 0,
    visibleText: 0,
    hiddenText: 0,
    transparentText: 0,
    hiddenBlocks: 0,
    transparentBlocks: 0,
    offscreenBlocks: 0,
    metaRefresh: 0,
    metaRefreshUrls: 0,
    flags: 0,
  };
}
