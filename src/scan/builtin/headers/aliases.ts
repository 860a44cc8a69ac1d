import { moduleTables, readModule, type Settings } from '../../../config/index.ts';
import type { EmailAddress } from '../../message/index.ts';
import { priorities, type Rule } from '../../rule.ts';
import type { RuleContext } from '../../scanner.ts';
import type { Addresses, Task } from '../../task.ts';
import { symbol } from '../check.ts';
import { same } from '../values.ts';
import { AliasBook } from './alias-book.ts';
import { forwarding } from './forwarding.ts';

/** Domains where dots in the user mean nothing. */
const withoutDots = new Set(['gmail.com', 'googlemail.com']);

interface Resolved {
  readonly address: EmailAddress;
  readonly tags: readonly string[];
}

/** @returns undefined where the address stays as it is */
function withoutTags(address: EmailAddress): Resolved | undefined {
  const dotless = withoutDots.has(address.domain) ? address.user.replaceAll('.', '') : address.user;
  const [, bare, tags] = /^([^+][^+]*)(\+.*)$/s.exec(dotless) ?? [];
  const user = bare ?? dotless;
  if (user === address.user || user === '' || address.domain === '') return undefined;
  return {
    address: { ...address, user, addr: `${user}@${address.domain}` },
    tags: (tags ?? '').split('+').filter((tag) => tag !== ''),
  };
}

type Options = Settings<typeof moduleTables.aliases>;

/** Resolves tags in addresses (`user+tag`) and aliases, and tells in which direction a message goes. */
export function aliases(context: RuleContext): Rule {
  const options = readModule(moduleTables.aliases, context.section('aliases'), context.findings);
  const book = new AliasBook(options, context.maps, context.problem);
  return {
    name: 'ALIASES_CHECK',
    stage: 'prefilter',
    priority: priorities.top + 1,
    flags: ['nice', 'explicitDisable'],
    symbols: {
      [options.symbol_local_inbound]: symbol(options.score_local_inbound, 'aliases', 'It is for a domain of ours'),
      [options.symbol_local_outbound]: symbol(
        options.score_local_outbound,
        'aliases',
        'One of our own users or machines sends it',
      ),
      [options.symbol_internal_mail]: symbol(
        options.score_internal_mail,
        'aliases',
        'It comes from a domain of ours and is for one',
      ),
      [options.symbol_alias_resolved]: symbol(
        options.score_alias_resolved,
        'aliases',
        'An address was brought into its usual form',
      ),
      [options.symbol_tagged_from]: symbol(options.score_tagged_from, 'aliases', 'The sender has a tag'),
      [options.symbol_tagged_rcpt]: symbol(options.score_tagged_rcpt, 'aliases', 'A recipient has a tag'),
      FWD_GOOGLE: symbol(0, 'forwarding', 'Google forwarded it'),
      FWD_YANDEX: symbol(0, 'forwarding', 'Yandex forwarded it'),
      FWD_MAILRU: symbol(0, 'forwarding', 'Mail.Ru forwarded it'),
      FWD_SRS: symbol(0, 'forwarding', 'It was forwarded with a rewritten sender (SRS)'),
      FWD_SIEVE: symbol(0, 'forwarding', 'A Sieve script forwarded it'),
      FWD_CPANEL: symbol(0, 'forwarding', 'cPanel forwarded it'),
      FORWARDED: symbol(0, 'forwarding', 'It was forwarded'),
    },
    run: (task) => {
      const forwarded = forwarding(task);
      const direction = directionOf(task, book, forwarded !== undefined, options);
      const pass = new AliasPass(book, options.enable_gmail_rules || options.enable_plus_aliases);
      if (options.apply_to_smtp) pass.envelope(task.visible);
      if (options.apply_to_mime) pass.header(task.visible);
      if (pass.fromTags.length > 0) task.insert(options.symbol_tagged_from, 1, pass.fromTags);
      if (pass.toTags.length > 0) task.insert(options.symbol_tagged_rcpt, 1, pass.toTags);
      if (forwarded !== undefined) task.insert(forwarded[0], 1, forwarded[1]);
      if (direction !== undefined) task.insert(direction);
      if (pass.changed) task.insert(options.symbol_alias_resolved);
    },
  };
}

/** @returns the symbol of the direction; rspamd: lualib/lua_aliases.lua:classify_message */
function directionOf(task: Task, book: AliasBook, isForwarded: boolean, options: Options): string | undefined {
  const isFromUs = book.isLocal(task.visible.sender);
  const isForUs = task.visible.recipients.some((address) => book.isLocal(address));
  const { symbol_local_inbound: inbound, symbol_local_outbound: outbound, symbol_internal_mail: internal } = options;
  if (task.user !== undefined || task.isLocal) {
    if (!isForUs) return outbound;
    if (isFromUs) return internal;
  }
  if (isForwarded) return undefined;
  if (isFromUs) return isForUs ? internal : outbound;
  return isForUs ? inbound : undefined;
}

/** Brings the addresses of one message into their usual form. */
class AliasPass {
  readonly fromTags: string[] = [];
  readonly toTags: string[] = [];
  changed = false;
  readonly #book: AliasBook;
  readonly #dropsTags: boolean;

  constructor(book: AliasBook, dropsTags: boolean) {
    this.#book = book;
    this.#dropsTags = dropsTags;
  }

  envelope(visible: Addresses): void {
    if (visible.sender !== undefined) visible.sender = this.#sender(visible.sender);
    visible.recipients = visible.recipients.map((address) => this.#bring(address, this.toTags));
  }

  header(visible: Addresses): void {
    visible.from = visible.from.map((address, index) => (index === 0 ? this.#sender(address) : address));
    visible.to = visible.to.map((address) => this.#bring(address, this.toTags));
  }

  /** The domain of a sender stays: SPF, DKIM and DMARC speak of it. */
  #sender(address: EmailAddress): EmailAddress {
    return this.#bring(address, this.fromTags, (domain) => same(domain, address.domain));
  }

  #bring(address: EmailAddress, tags: string[], mayMove = (_domain: string): boolean => true): EmailAddress {
    const bare = this.#dropsTags ? withoutTags(address) : undefined;
    if (bare !== undefined) tags.push(...bare.tags);
    const own = bare?.address ?? address;
    const found = this.#book.resolve(own);
    const target = found !== undefined && mayMove(found.domain) ? found : undefined;
    if (bare === undefined && target === undefined) return address;
    this.changed = true;
    return target === undefined ? own : { ...own, ...target, addr: `${target.user}@${target.domain}` };
  }
}
