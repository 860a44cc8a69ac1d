import type { ByteString, Word } from '../message/index.ts';
import { Subject } from '../regexp/index.ts';
import { type Task, TaskKey } from '../task.ts';
import type { TextKind } from './atom.ts';

/** Texts of a task by what they are, made when an expression asks for them first. */
const textsOfTask = new TaskKey<Map<string, readonly Subject[]>>('regexp texts');

/**
 * What an expression is tried on (rspamd: src/libserver/re_cache.c:rspamd_re_cache_exec_re).
 * @param name of a header
 * @param maxSize bytes of each text; what is behind does not exist
 */
export function textsFor(
  task: Task,
  kind: TextKind,
  name: ByteString,
  strong: boolean,
  maxSize: number,
): readonly Subject[] {
  let known = task.get(textsOfTask);
  if (known === undefined) {
    known = new Map();
    task.set(textsOfTask, known);
  }
  const key = `${kind} ${strong} ${name}`;
  let texts = known.get(key);
  if (texts === undefined) {
    texts = bytesFor(task, kind, name, strong).map((bytes) => new Subject(bytes.slice(0, maxSize)));
    known.set(key, texts);
  }
  return texts;
}

function bytesFor(task: Task, kind: TextKind, name: ByteString, strong: boolean): readonly ByteString[] {
  const { message } = task;
  const spelled = ({ name: own }: { readonly name: ByteString }): boolean => !strong || own === name;
  switch (kind) {
    case 'header':
      return message.headers
        .getAll(name)
        .filter(spelled)
        .map(({ decodedBytes }) => decodedBytes);
    case 'rawHeader':
      return message.headers
        .getAll(name)
        .filter(spelled)
        .map(({ value }) => value);
    case 'mimeHeader':
      return message.parts.flatMap(({ headers }) =>
        headers
          .getAll(name)
          .filter(spelled)
          .map(({ decodedBytes }) => decodedBytes),
      );
    case 'allHeaders':
      return [message.rawHeaders];
    case 'part':
      return message.allTexts.map(({ content }) => content);
    case 'rawPart':
      return message.allTexts.map(({ part }) => part.raw);
    case 'message':
      return [message.text];
    case 'url':
      return [...message.urls].filter((url) => !url.isMail && !url.has('image')).map(({ text }) => text);
    case 'email':
      return [...message.urls].filter((url) => url.isMail).map(({ text }) => text);
    case 'saBody':
      return [
        ...message.headers
          .getAll('subject')
          .slice(0, 1)
          .map(({ decodedBytes }) => decodedBytes),
        ...message.textParts.map(({ oneLine }) => oneLine),
      ];
    case 'saRawBody':
      return message.textParts.filter(({ isUtf8 }) => isUtf8).map(({ source }) => source);
    case 'words':
    case 'stemWords':
      return wordsOf(task).map(({ normal }) => normal);
    case 'rawWords':
      return wordsOf(task).map(({ original }) => original);
    case 'selector':
      return [];
  }
}

function wordsOf({ message }: Task): readonly Word[] {
  return [...message.allTexts.flatMap(({ words }) => words), ...message.metaWords];
}
