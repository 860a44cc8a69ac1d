import { ProtocolError } from '../../message/errors.ts';

const catalogue = {
  'content-type': 'the Content-Type is not that of a multipart body',
  boundary: 'the boundary cannot be used',
  delimiter: 'the multipart body is not cut by its boundary as it should be',
  header: 'a part has a header that cannot be used',
  name: 'a part has no usable name',
  encoding: 'a part has an encoding that is not supported',
  limit: 'the multipart body is beyond a limit',
} as const;

export type MultipartErrorKind = keyof typeof catalogue;

/** The body was refused; `kind` says why in a form that does not change with the wording. */
export class MultipartError extends ProtocolError {
  readonly kind: MultipartErrorKind;

  constructor(kind: MultipartErrorKind, detail?: string) {
    super(detail === undefined ? catalogue[kind] : `${catalogue[kind]}: ${detail}`);
    this.name = 'MultipartError';
    this.kind = kind;
  }
}
