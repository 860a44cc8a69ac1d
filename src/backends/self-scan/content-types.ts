import type { ReplyFormat } from './job.ts';

export const contentTypes: Readonly<Record<ReplyFormat, string>> = {
  json: 'application/json',
  msgpack: 'application/msgpack',
};
