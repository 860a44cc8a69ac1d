/** multipart/form-data and multipart/mixed bodies, as /checkv3 has them. */
export { MultipartError, type MultipartErrorKind } from './errors.ts';
export { type MultipartSubtype, parseContentType } from './fields.ts';
export { defaultLimits, type MultipartLimits, type Part, parseMultipart } from './parse.ts';
export { type PartToWrite, type WrittenMultipart, writeMultipart } from './write.ts';
