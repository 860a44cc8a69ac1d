import type { ByteString } from '../bytes.ts';
import { findUrls } from '../url/find.ts';
import { inheritedUrlFlags, urlFlags } from '../url/flags.ts';
import { findInQuery } from '../url/query.ts';
import type { UrlSet } from '../url/set.ts';
import type { PublicSuffixes } from '../url/suffixes.ts';

/** URLs of a subject, and those in their queries (rspamd: src/libserver/url.c:rspamd_url_task_subject_callback). */
export function readSubjectUrls(subject: ByteString, urls: UrlSet, suffixes: PublicSuffixes): void {
  findUrls(subject, 'strict', suffixes, (url) => {
    url.flags |= urlFlags.html_displayed | urlFlags.subject;
    if (url.isMail && url.parts.user === '') return false;
    urls.add(url);
    if (url.parts.query === '') return true;
    findInQuery(url, suffixes, (found) => {
      found.flags |= urlFlags.query | (url.flags & inheritedUrlFlags);
      if (!found.isMail || found.parts.user !== '') urls.add(found);
      return true;
    });
    return true;
  });
}
