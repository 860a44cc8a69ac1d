import type { SymbolSpec } from '../../rule.ts';

/**
 * Public lists and what their answers mean, for machines without an Rspamd tree (rspamd: conf/modules.d/rbl.conf). Each
 * has terms of use; `enabled = no` in `local.d/rbl.conf` switches one off.
 */
export const stockLists = `
default_exclude_users = yes;
default_unknown = yes;
rbls {
  spamhaus {
    symbol = SPAMHAUS; rbl = zen.spamhaus.org; checks = [from, received];
    symbols_prefixes { received = RECEIVED; from = RBL; }
    returncodes {
      SPAMHAUS_SBL = "127.0.0.2"; SPAMHAUS_CSS = "127.0.0.3"; SPAMHAUS_DROP = "127.0.0.9";
      SPAMHAUS_XBL = ["127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7"];
      SPAMHAUS_PBL = ["127.0.0.10", "127.0.0.11"];
      SPAMHAUS_BLOCKED_OPENRESOLVER = "127.255.255.254"; SPAMHAUS_BLOCKED = "127.255.255.255";
    }
  }
  mailspike {
    symbol = MAILSPIKE; rbl = rep.mailspike.net; checks = [from]; is_whitelist = yes;
    whitelist_exception = [
      MAILSPIKE, RWL_MAILSPIKE_GOOD, RWL_MAILSPIKE_NEUTRAL, RWL_MAILSPIKE_POSSIBLE,
      RBL_MAILSPIKE_WORST, RBL_MAILSPIKE_VERYBAD, RBL_MAILSPIKE_BAD,
    ];
    returncodes {
      RBL_MAILSPIKE_WORST = "127.0.0.10"; RBL_MAILSPIKE_VERYBAD = "127.0.0.11"; RBL_MAILSPIKE_BAD = "127.0.0.12";
      RWL_MAILSPIKE_NEUTRAL = ["127.0.0.13", "127.0.0.14", "127.0.0.15", "127.0.0.16"];
      RWL_MAILSPIKE_POSSIBLE = "127.0.0.17"; RWL_MAILSPIKE_GOOD = "127.0.0.18";
      RWL_MAILSPIKE_VERYGOOD = "127.0.0.19"; RWL_MAILSPIKE_EXCELLENT = "127.0.0.20";
    }
  }
  sem { symbol = RBL_SEM; rbl = bl.spameatingmonkey.net; checks = [from]; ipv6 = no; }
  semIPv6 { symbol = RBL_SEM_IPV6; rbl = bl.ipv6.spameatingmonkey.net; checks = [from]; ipv4 = no; ipv6 = yes; }
  dnswl {
    symbol = RCVD_IN_DNSWL; rbl = list.dnswl.org; checks = [from, received]; is_whitelist = yes;
    whitelist_exception = [RCVD_IN_DNSWL, RCVD_IN_DNSWL_NONE, RCVD_IN_DNSWL_LOW, DNSWL_BLOCKED];
    returncodes_matcher = luapattern;
    returncodes {
      RCVD_IN_DNSWL_NONE = ["127%.0%.%d%.0", "127%.0%.[02-9]%d%.0", "127%.0%.1[1-9]%.0", "127%.0%.[12]%d%d%.0"];
      RCVD_IN_DNSWL_LOW = ["127%.0%.%d%.1", "127%.0%.[02-9]%d%.1", "127%.0%.1[1-9]%.1", "127%.0%.[12]%d%d%.1"];
      RCVD_IN_DNSWL_MED = ["127%.0%.%d%.2", "127%.0%.[02-9]%d%.2", "127%.0%.1[1-9]%.2", "127%.0%.[12]%d%d%.2"];
      RCVD_IN_DNSWL_HI = ["127%.0%.%d%.3", "127%.0%.[02-9]%d%.3", "127%.0%.1[1-9]%.3", "127%.0%.[12]%d%d%.3"];
      DNSWL_BLOCKED = ["127%.0%.0%.255", "127%.0%.10%.%d+"];
    }
  }
  dnswl_dwl {
    symbol = DWL_DNSWL; rbl = dwl.dnswl.org; checks = [dkim]; ignore_whitelist = yes; unknown = no;
    returncodes_matcher = luapattern;
    returncodes {
      DWL_DNSWL_NONE = ["127%.0%.%d%.0", "127%.0%.[02-9]%d%.0", "127%.0%.1[1-9]%.0", "127%.0%.[12]%d%d%.0"];
      DWL_DNSWL_LOW = ["127%.0%.%d%.1", "127%.0%.[02-9]%d%.1", "127%.0%.1[1-9]%.1", "127%.0%.[12]%d%d%.1"];
      DWL_DNSWL_MED = ["127%.0%.%d%.2", "127%.0%.[02-9]%d%.2", "127%.0%.1[1-9]%.2", "127%.0%.[12]%d%d%.2"];
      DWL_DNSWL_HI = ["127%.0%.%d%.3", "127%.0%.[02-9]%d%.3", "127%.0%.1[1-9]%.3", "127%.0%.[12]%d%d%.3"];
      DWL_DNSWL_BLOCKED = ["127%.0%.0%.255", "127%.0%.10%.%d+"];
    }
  }
  virusfree {
    symbol = RBL_VIRUSFREE_UNKNOWN; rbl = bip.virusfree.cz; checks = [from];
    returncodes { RBL_VIRUSFREE_BOTNET = "127.0.0.2"; }
  }
  blocklistde {
    symbol = BLOCKLISTDE; rbl = bl.blocklist.de; checks = [from, received];
    symbols_prefixes { received = RECEIVED; from = RBL; }
  }
  RSPAMD_EMAILBL {
    rbl = email.rspamd.com; checks = [emails, replyto]; ignore_defaults = yes; ipv4 = yes;
    hash = blake2; hash_len = 32; hash_format = base32; emails_delimiter = ".";
    ignore_whitelist = yes; ignore_url_whitelist = yes;
    selector { from_smtp = "from('smtp'):addr.lower_utf8"; from_mime = "from('mime'):addr.lower_utf8"; }
    returncodes { RSPAMD_EMAILBL = "127.0.0.2"; }
  }
  MSBL_EBL {
    rbl = ebl.msbl.org; checks = [emails, replyto]; ignore_defaults = yes; hash = sha1;
    ignore_whitelist = yes; ignore_url_whitelist = yes;
    selector { from_smtp = "from('smtp'):addr.lower_utf8"; from_mime = "from('mime'):addr.lower_utf8"; }
    returncodes { MSBL_EBL = ["127.0.0.2", "127.0.0.3"]; MSBL_EBL_GREY = ["127.0.1.2", "127.0.1.3"]; }
  }
  SURBL_MULTI {
    rbl = multi.surbl.org; ignore_defaults = yes; url_full_hostname = yes; emails_domainonly = yes;
    checks = [emails, dkim, helo, rdns, replyto, urls, content_urls];
    selector {
      from_smtp = "from('smtp'):domain"; from_mime = "from('mime'):domain";
      mid = "header(Message-Id).regexp('@([^\\\\.]+\\\\.[^>]+)').last";
    }
    returnbits {
      CRACKED_SURBL = 128; ABUSE_SURBL = 64; CT_SURBL = 32; MW_SURBL_MULTI = 16;
      PH_SURBL_MULTI = 8; DM_SURBL = 4; SURBL_BLOCKED = 1;
    }
  }
  URIBL_MULTI {
    rbl = multi.uribl.com; ignore_defaults = yes; emails_domainonly = yes;
    checks = [emails, dkim, helo, rdns, replyto, urls, content_urls];
    selector {
      from_smtp = "from('smtp'):domain"; from_mime = "from('mime'):domain";
      mid = "header(Message-Id).regexp('@([^\\\\.]+\\\\.[^>]+)').last";
    }
    returnbits { URIBL_BLOCKED = 1; URIBL_BLACK = 2; URIBL_GREY = 4; URIBL_RED = 8; }
  }
  RSPAMD_URIBL {
    rbl = uribl.rspamd.com; ignore_defaults = yes; emails_domainonly = yes;
    checks = [emails, dkim, urls, content_urls];
    hash = blake2; hash_len = 32; hash_format = base32;
    selector {
      from_smtp = "from('smtp'):domain.lower_utf8"; from_mime = "from('mime'):domain.lower_utf8";
      mid = "header(Message-Id).regexp('@([^\\\\.]+\\\\.[^>]+)').last.lower_utf8";
    }
    returncodes { RSPAMD_URIBL = "127.0.0.2"; }
  }
  DBL {
    rbl = dbl.spamhaus.org; ignore_defaults = yes; no_ip = yes; emails_domainonly = yes;
    checks = [emails, dkim, helo, rdns, replyto, urls, content_urls];
    selector {
      from_smtp = "from('smtp'):domain"; from_mime = "from('mime'):domain";
      mid = "header(Message-Id).regexp('@([^\\\\.]+\\\\.[^>]+)').last";
    }
    returncodes {
      DBL_SPAM = "127.0.1.2"; DBL_PHISH = "127.0.1.4"; DBL_MALWARE = "127.0.1.5"; DBL_BOTNET = "127.0.1.6";
      DBL_ABUSE = "127.0.1.102"; DBL_ABUSE_REDIR = "127.0.1.103"; DBL_ABUSE_PHISH = "127.0.1.104";
      DBL_ABUSE_MALWARE = "127.0.1.105"; DBL_ABUSE_BOTNET = "127.0.1.106"; DBL_PROHIBIT = "127.0.1.255";
      DBL_BLOCKED_OPENRESOLVER = "127.255.255.254"; DBL_BLOCKED = "127.255.255.255";
    }
  }
  SEM_URIBL_UNKNOWN {
    rbl = uribl.spameatingmonkey.net; ignore_defaults = yes; no_ip = yes; emails_domainonly = yes;
    checks = [emails, dkim, urls, content_urls];
    selector {
      from_smtp = "from('smtp'):domain"; from_mime = "from('mime'):domain";
      mid = "header(Message-Id).regexp('@([^\\\\.]+\\\\.[^>]+)').last";
    }
    returnbits { SEM_URIBL = 2; }
  }
  SEM_URIBL_FRESH15_UNKNOWN {
    rbl = fresh15.spameatingmonkey.net; ignore_defaults = yes; no_ip = yes; emails_domainonly = yes;
    checks = [emails, dkim, urls, content_urls]; exclude_users = yes;
    selector {
      from_smtp = "from('smtp'):domain"; from_mime = "from('mime'):domain";
      mid = "header(Message-Id).regexp('@([^\\\\.]+\\\\.[^>]+)').last";
    }
    returnbits { SEM_URIBL_FRESH15 = 2; }
  }
}
`;

/** Weights by groups: `!` before a name means that a further hit counts only where it is heavier. */
const weights = `
rbl spamhaus: RBL_SPAMHAUS_SBL 4, RBL_SPAMHAUS_CSS 2, RBL_SPAMHAUS_XBL 4, RBL_SPAMHAUS_PBL 2, RBL_SPAMHAUS_DROP 7
rbl spamhaus: !RECEIVED_SPAMHAUS_SBL 3, !RECEIVED_SPAMHAUS_CSS 1, !RECEIVED_SPAMHAUS_XBL 1, !RECEIVED_SPAMHAUS_DROP 6
rbl spamhaus: !RECEIVED_SPAMHAUS_PBL 0, RBL_SPAMHAUS 0
rbl spamhaus blocked: RBL_SPAMHAUS_BLOCKED 0, RBL_SPAMHAUS_BLOCKED_OPENRESOLVER 0
rbl spamhaus blocked: RECEIVED_SPAMHAUS_BLOCKED 0, RECEIVED_SPAMHAUS_BLOCKED_OPENRESOLVER 0
rbl mailspike: MAILSPIKE 0, RBL_MAILSPIKE_WORST 2, RBL_MAILSPIKE_VERYBAD 1.5, RBL_MAILSPIKE_BAD 1
rbl mailspike: RWL_MAILSPIKE_NEUTRAL 0, RWL_MAILSPIKE_POSSIBLE 0, RWL_MAILSPIKE_GOOD -0.1
rbl mailspike: RWL_MAILSPIKE_VERYGOOD -0.2, RWL_MAILSPIKE_EXCELLENT -0.4
rbl sem: RBL_SEM 1, RBL_SEM_IPV6 1
rbl dnswl: RCVD_IN_DNSWL 0, RCVD_IN_DNSWL_NONE 0, RCVD_IN_DNSWL_LOW -0.1, RCVD_IN_DNSWL_MED -0.2, RCVD_IN_DNSWL_HI -0.5
rbl dnswl: DWL_DNSWL 0, DWL_DNSWL_NONE 0, DWL_DNSWL_LOW -1, DWL_DNSWL_MED -2, DWL_DNSWL_HI -3.5
rbl dnswl blocked: DNSWL_BLOCKED 0, DWL_DNSWL_BLOCKED 0
rbl blocklistde: RBL_BLOCKLISTDE 4, !RECEIVED_BLOCKLISTDE 3
rbl: RBL_VIRUSFREE_BOTNET 2, RBL_VIRUSFREE_UNKNOWN 0
surbl surblorg rbl: !CRACKED_SURBL 5, !ABUSE_SURBL 5, !CT_SURBL 0, !MW_SURBL_MULTI 7.5, !DM_SURBL 0
surbl surblorg phishing rbl: !PH_SURBL_MULTI 7.5
surbl surblorg blocked rbl: !SURBL_BLOCKED 0
surbl uribl rbl: !URIBL_BLACK 7.5, !URIBL_GREY 2.5, !URIBL_RED 0.5, !URIBL_MULTI 0
surbl uribl blocked rbl: !URIBL_BLOCKED 0
surbl spamhaus rbl: !DBL_SPAM 6.5, !DBL_PHISH 7.5, !DBL_MALWARE 7.5, !DBL_BOTNET 7.5, !DBL_ABUSE 5, !DBL_ABUSE_REDIR 5
surbl spamhaus rbl: !DBL_ABUSE_PHISH 6.5, !DBL_ABUSE_MALWARE 6.5, !DBL_ABUSE_BOTNET 6.5, !DBL_PROHIBIT 0, !DBL 0
surbl spamhaus blocked rbl: !DBL_BLOCKED 0, !DBL_BLOCKED_OPENRESOLVER 0
surbl rspamdbl rbl: !RSPAMD_URIBL 4.5, !RSPAMD_EMAILBL 2.5
surbl sem rbl: !SEM_URIBL 3.5, !SEM_URIBL_FRESH15 3, !SEM_URIBL_UNKNOWN 0, !SEM_URIBL_FRESH15_UNKNOWN 0
surbl ebl rbl: !MSBL_EBL 7.5, !MSBL_EBL_GREY 0.5
`;

/** rspamd: conf/scores.d/rbl_group.conf, conf/scores.d/surbl_group.conf */
export const stockListSymbols: ReadonlyMap<string, SymbolSpec> = new Map(
  weights
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [groups = '', symbols = ''] = line.split(': ');
      return symbols.split(', ').map((text): readonly [string, SymbolSpec] => {
        const [name = '', score = ''] = text.split(' ');
        const spec = { score: Number(score), groups: groups.split(' ') };
        return name.startsWith('!') ? [name.slice(1), { ...spec, oneShot: true }] : [name, spec];
      });
    }),
);
