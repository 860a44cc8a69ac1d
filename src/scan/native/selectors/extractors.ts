import { hostname } from 'node:os';
import {
  type ByteString,
  type EmailAddress,
  fromText,
  lowerAscii,
  parseMailDate,
  type TextPart,
  type Url,
} from '../../message/index.ts';
import type { Task } from '../../task.ts';
import { languageOf, stem } from '../bayes/index.ts';
import { bytesHash } from '../fuzzy/index.ts';
import type { Arguments } from './arguments.ts';
import { digestAlgorithms, digestEncodings, digestOf } from './digest.ts';
import {
  addressThing,
  headerThing,
  ipThing,
  receivedFields,
  receivedThing,
  resultThing,
  symbolThing,
  urlThing,
  wordThing,
} from './things.ts';
import { formatTime } from './time.ts';
import { filteredUrls, mailUrls, specificUrlsOf, usualUrls } from './urls.ts';
import { text, textOf, texts, thing, things, type Value, valueOfMember } from './value.ts';
import { poolVariable } from './variables.ts';
import type { SelectorWorld } from './world.ts';

/** What a selector begins with. */
export type Extractor = (task: Task) => Value | undefined;

/** Makes an extractor. @throws Error for arguments that it cannot use */
type Maker = (args: Arguments, world: SelectorWorld) => Extractor;

/** rspamd: lualib/lua_selectors/extractors.lua */
export const extractors: Readonly<Record<string, Maker>> = {
  id: (args) => {
    const given = text(args.text(0) ?? '');
    return () => given;
  },
  list: (args) => {
    const given = texts(args.texts());
    return () => given;
  },
  ip: () => (task) => thing(task.ip === undefined ? undefined : ipThing(task.ip, (ip) => task.isLocalAddress(ip))),
  from: (args) => {
    const pick = addressLists(args);
    return (task) => {
      const [first] = pick(task, 'from');
      return first === undefined ? undefined : thing(addressThing(first));
    };
  },
  rcpts: (args) => {
    const pick = addressLists(args);
    return (task) => things(pick(task, 'to').map(addressThing));
  },
  country: () => (task) => text(poolVariable(task, 'country')),
  asn: () => (task) => text(poolVariable(task, 'asn')),
  user: () => (task) => text(task.user),
  to: () => (task) => text(principalRecipient(task)),
  digest: () => (task) => text(digestOfMessage(task)),
  attachments: (args) => {
    const isPlain = args.length === 0;
    const encoding = args.choice(0, digestEncodings) ?? 'hex';
    const algorithm = args.choice(1, digestAlgorithms) ?? 'blake2';
    return ({ message }) => {
      const files = message.parts.filter(isAttachment);
      if (files.length === 0) return undefined;
      return texts(
        files.map(({ content: { bytes } }) =>
          isPlain ? bytesHash(bytes).toString('hex') : digestOf(bytes, encoding, algorithm),
        ),
      );
    };
  },
  files: () => (task) => some(task.message.parts.map(({ filename }) => filename).filter((name) => name !== '')),
  languages: () => (task) => some(task.message.textParts.map(languageOf)),
  helo: () => (task) => text(task.envelope.helo),
  header: (args) => {
    const [name, how = ''] = [args.needed(0), args.text(1)];
    const found = ({ message }: Task) =>
      message.headers.getAll(name).filter((header) => !how.includes('strong') || header.name === name);
    return (task) => (how.includes('full') ? things(found(task).map(headerThing)) : text(found(task)[0]?.decodedBytes));
  },
  received: (args) => {
    const field = args.text(0);
    return ({ received }) => {
      if (received.length === 0) return undefined;
      if (field === undefined) return things(received.map(receivedThing));
      const members = received.map((hop) => valueOfMember(receivedFields(hop)[field]));
      return texts(members.flatMap((member) => (member === undefined || member.list ? [] : [textOf(member.item)])));
    };
  },
  urls: (args) => urlList(usualUrls, args.text(0)),
  emails: (args) => urlList(mailUrls, args.text(0)),
  urls_filtered: (args) => urlList(filteredUrls(args), undefined),
  specific_urls: (args) => urlList(specificUrlsOf(args, 0), undefined),
  specific_urls_filter_map: (args, { map }) => {
    const [name, urls] = [args.needed(0), specificUrlsOf(args, 1)];
    return urlList((task) => urls(task).filter((url) => map(name, url.text) !== undefined), undefined);
  },
  pool_var: (args) => {
    const name = args.needed(0);
    return (task) => text(poolVariable(task, name));
  },
  request_header: (args) => {
    const name = args.needed(0);
    return (task) => text(task.headers.get(name));
  },
  time: (args) => {
    const [which, format] = [args.choice(0, ['connect', 'message']) ?? 'message', args.text(1)];
    return (task) => {
      const seconds = which === 'connect' ? task.receivedAt / 1000 : dateOf(task);
      if (seconds === undefined) return undefined;
      return text(format === undefined ? String(seconds) : formatTime(format, seconds));
    };
  },
  words: (args) => {
    const how = args.choice(0, ['stem', 'raw', 'norm', 'full']) ?? 'stem';
    return ({ message }) => {
      if (message.textParts.length === 0) return undefined;
      if (how === 'full')
        return things(
          message.textParts.flatMap((part) => wordsOf(part).map(([word, stemmed]) => wordThing(word, stemmed))),
        );
      const pick = { stem: 1, norm: 2, raw: 3 }[how];
      const words = message.textParts.flatMap((part) =>
        wordsOf(part).map(([word, stemmed]) => [stemmed, word.normal, word.original][pick - 1] as ByteString),
      );
      return texts(words.filter((word) => word !== ''));
    };
  },
  queueid: () => (task) => text(task.envelope.queueId),
  uid: () => (task) => text(task.id),
  messageid: () => (task) => text(fromText(task.message.messageId)),
  symbol: (args) => {
    const name = args.needed(0);
    return ({ results }) => {
      const found = results.get(name);
      return thing(found === undefined ? undefined : symbolThing(found));
    };
  },
  scan_result: () => (task) => thing(resultThing(task.results)),
  rspamd_hostname: () => {
    const name = text(hostname());
    return () => name;
  },
  authenticated: () => (task) => text(task.user === undefined ? 'false' : 'true'),
  received_count: () => (task) => text(String(task.message.count('received'))),
};

function some(list: readonly ByteString[]): Value | undefined {
  return list.length === 0 ? undefined : texts(list);
}

/** `smtp`, `mime` or both, `orig` for addresses before aliases were resolved; of both those of the envelope come first. */
function addressLists(args: Arguments): (task: Task, which: 'from' | 'to') => readonly EmailAddress[] {
  const words = args.texts();
  const wrong = words.find((word) => !['smtp', 'envelope', 'mime', 'header', 'any', 'orig'].includes(word));
  if (wrong !== undefined) throw new Error(`${JSON.stringify(wrong)} names no addresses: they are smtp or mime`);
  const isMime = words.some((word) => word === 'mime' || word === 'header');
  const isSmtp = words.some((word) => word === 'smtp' || word === 'envelope');
  return (task, which) => {
    const { sender, recipients, from, to } = words.includes('orig') ? task.original : task.visible;
    const mime = which === 'from' ? from : to;
    const smtp = which === 'to' ? recipients : sender === undefined ? [] : [sender];
    if (isMime !== isSmtp) return isMime ? mime : smtp;
    return smtp.length > 0 && smtp[0]?.addr !== '' ? smtp : mime;
  };
}

/** rspamd: src/libserver/task.c:rspamd_task_get_principal_recipient */
function principalRecipient({ envelope, visible }: Task): ByteString | undefined {
  const found = envelope.deliverTo ?? visible.recipients[0]?.addr ?? visible.to[0]?.addr;
  return found === undefined || found === '' ? undefined : lowerAscii(found);
}

/** The same for messages with the same parts and subject. */
function digestOfMessage({ message }: Task): ByteString {
  const parts = message.parts.map(({ content }) => bytesHash(content.bytes));
  const subject = Buffer.from(message.headers.first('subject')?.decodedBytes ?? '', 'latin1');
  return bytesHash(Buffer.concat([...parts, subject])).toString('hex', 0, 16);
}

/** rspamd: src/lua/lua_mimepart.c:lua_mimepart_is_attachment */
function isAttachment(part: Task['message']['parts'][number]): boolean {
  if (part.hasAttachmentDisposition) return true;
  return part.filename !== '' && !part.headers.has('content-id');
}

function dateOf({ message }: Task): number | undefined {
  const header = message.headers.first('date');
  const milliseconds = header === undefined ? undefined : parseMailDate(header.decodedBytes);
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}

function urlList(urls: (task: Task) => readonly Url[], method: string | undefined): Extractor {
  return (task) => {
    const found = urls(task).map(urlThing);
    if (method === undefined) return things(found);
    if (found.length === 0) return undefined;
    const members = found.map((url) => valueOfMember(url.member(method, [])));
    return texts(members.flatMap((member) => (member === undefined || member.list ? [] : [textOf(member.item)])));
  };
}

function wordsOf(part: TextPart): [TextPart['words'][number], ByteString][] {
  const language = languageOf(part);
  return part.words.map((word) => [word, word.kind === 'text' ? stem(word.normal, language) : word.normal]);
}
