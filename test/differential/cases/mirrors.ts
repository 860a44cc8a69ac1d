import type { Case } from '../case.ts';
import { message } from '../clients.ts';
import { inline, late, times, to, verdictsBy } from './support.ts';

const broken = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n{"action": [broken';

/** Writes one line for each comparison: the names in order, a result as `table:score`, an error as its text. */
const compare = `script = <<EOD
return function(results, tag)
  local names = {}
  for name in pairs(results) do names[#names + 1] = name end
  table.sort(names)
  local parts = {}
  for _, name in ipairs(names) do
    local value = results[name]
    if type(value) == 'table' then value = 'table:' .. tostring(value.score) end
    parts[#parts + 1] = name .. '=' .. tostring(value)
  end
  local file = io.open('<folder>/compared', 'a')
  file:write(table.concat(parts, '; '), ' tag=', #tag, '\\n')
  file:close()
end
EOD
`;

const typed = (type: string): { raw: string } => {
  const json = '{"action":"no action","score":1.5}';
  return {
    raw: `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: ${type}\r\nContent-Length: ${json.length}\r\n\r\n${json}`,
  };
};

/** Copies of messages to further scanners, and what is done with their verdicts. */
export const mirrors: readonly Case[] = [
  {
    row: '51',
    title: 'a mirror that hangs does not delay the reply',
    scanners: { A: ['ok'], M: ['hang'] },
    worker: `timeout = 4s; ${to('<A>')} mirror "copy" { hosts = "<M>"; }`,
    steps: [{ do: 'ask' }],
    expect: {
      replies: [{ is: 'verdict', by: 'A', after: [0, 3], end: [3.9, 8] }],
      requests: { M: 1 },
    },
    differs: {
      ours: {
        because: 'the connection of the client does not wait for mirrors',
        expect: { replies: [{ is: 'verdict', by: 'A', after: [0, 3], end: [0, 3] }] },
      },
    },
  },
  {
    row: '51b',
    title: 'a mirror gets the same message',
    scanners: { A: ['ok'], M: ['ok'] },
    worker: `${inline} ${to('<A>')} mirror "copy" { hosts = "<M>"; settings_id = "test"; }`,
    steps: [
      { do: 'ask', target: '/checkv2?a=1', headers: ['From: <a@example.org>', 'Settings-ID: theirs', 'Host: x'] },
      { do: 'await', scanner: 'M', requests: 1 },
    ],
    expect: {
      replies: verdictsBy('A'),
      saw: {
        A: [{ target: '/checkv2?a=1', body: message, headers: { 'Settings-ID': 'theirs' } }],
        M: [
          {
            target: '/checkv2?a=1',
            body: message,
            headers: { From: '<a@example.org>', 'Settings-ID': 'test', Host: /^127\.0\.0\.1:\d+$/ },
          },
        ],
      },
    },
    differs: { 'before 4.1': { because: 'messages on this machine went in shared memory whatever the option said' } },
  },
  {
    row: '52',
    title: 'whatever mirrors do, the client gets its reply; scripts hear of all of it',
    scanners: {
      A: ['ok'],
      M1: ['ok'],
      M2: ['hang'],
      M3: 'refuses',
      M4: ['garbage'],
      M5: [{ raw: broken }],
      M6: ['status:500'],
    },
    worker: `timeout = 3s; ${compare} ${to('<A>')}
      mirror "good" { hosts = "<M1>"; } mirror "slow" { hosts = "<M2>"; } mirror "closed" { hosts = "<M3>"; }
      mirror "garbage" { hosts = "<M4>"; } mirror "broken" { hosts = "<M5>"; } mirror "error" { hosts = "<M6>"; }`,
    steps: [{ do: 'ask' }, { do: 'wait', seconds: 4 }],
    expect: {
      replies: [{ is: 'verdict', by: 'A', after: [0, 2.5] }],
      files: {
        compared:
          /^broken=cannot parse ucl; closed=Connection failed: Connection refused; error=table:2\.5; garbage=HTTP parser error: .*; good=table:2\.5; master=table:2\.5; slow=IO timeout tag=6\n$/,
      },
    },
    differs: {
      'before 4.0': {
        because: 'errors had other words',
        expect: {
          files: {
            compared:
              /^broken=.*; closed=.*Connection refused; error=table:2\.5; garbage=.*; good=table:2\.5; master=table:2\.5; slow=IO timeout tag=\d+\n$/,
          },
        },
      },
    },
  },
  {
    row: '52b',
    title: 'comparison_log: a line of JSON for each message, results and errors by name',
    only: 'ours',
    scanners: { A: ['ok'], M1: ['ok'], M2: ['hang'], M3: 'refuses', M4: [{ json: { action: 'reject', score: 20 } }] },
    worker: `timeout = 2s; comparison_log = "<folder>/comparisons"; ${to('<A>')}
      mirror "same" { hosts = "<M1>"; } mirror "slow" { hosts = "<M2>"; } mirror "closed" { hosts = "<M3>"; }
      mirror "other" { hosts = "<M4>"; }`,
    steps: [
      { do: 'ask', headers: ['Queue-Id: Q1'] },
      { do: 'wait', seconds: 3 },
    ],
    expect: {
      replies: [{ is: 'verdict', by: 'A', after: [0, 1.8], end: [0, 1.8] }],
      files: {
        comparisons: new RegExp(
          '^\\{"ts":[\\d.]+,"id":"[0-9a-f]{16}","queue_id":"Q1","message_id":"1@scripted.example",' +
            '"master":\\{"action":"no action","score":2.5,[^}]*\\}\\},"mirrors":\\{' +
            '"same":\\{"same":true,[^}]*\\}\\},"slow":\\{"error":"IO timeout","ms":[\\d.]+\\},' +
            '"closed":\\{"error":"Connection failed: Connection refused","ms":[\\d.]+\\},' +
            '"other":\\{"same":false,"action":"reject","score":20,.*"diff":\\{"action":\\["no action","reject"\\],"score":17.5.*\\n$',
        ),
      },
    },
  },
  {
    row: '51c',
    title: 'a mirror has headers, timeout and tag of its own, and is counted among the scanners of nobody else',
    only: 'ours',
    scanners: { A: ['ok'], M: ['close', 'ok'] },
    worker: `max_retries = 3; ${to('<A>', 'log_tag = none; extra_headers { "X-Site" = "live"; }')}
      mirror "copy" { hosts = "<M>"; settings_id = "test"; log_tag = queue_id; extra_headers { "X-Site" = "test"; } }`,
    steps: [
      { do: 'ask', headers: ['Queue-Id: Q1'] },
      { do: 'await', scanner: 'M', requests: 1 },
      { do: 'ask', headers: ['Queue-Id: Q2'] },
      { do: 'await', scanner: 'M', requests: 2 },
    ],
    expect: {
      replies: verdictsBy('A A'),
      saw: {
        A: times(2, { headers: { 'X-Site': 'live', 'Log-Tag': null, 'Settings-ID': null } }),
        // One try for each message, whatever max_retries says.
        M: [
          { headers: { 'X-Site': 'test', 'Log-Tag': 'Q1', 'Settings-ID': 'test' } },
          { headers: { 'X-Site': 'test', 'Log-Tag': 'Q2', 'Settings-ID': 'test' } },
        ],
      },
    },
  },
  {
    row: '53',
    title: 'follow_master: a mirror that is slower is given up',
    scanners: { A: [late(0.2)], M: [late(5)] },
    worker: `timeout = 9s; ${compare} ${to('<A>')} mirror "copy" { hosts = "<M>"; follow_master = yes; }`,
    steps: [{ do: 'ask' }, { do: 'wait', seconds: 0.3 }],
    expect: {
      replies: [{ is: 'verdict', after: [0.15, 4], end: [0.15, 4.2] }],
      files: { compared: /^copy=unknown error; master=table:2\.5 tag=6\n$/ },
    },
    differs: { 'before 4.0': { because: 'follow_master came with 4.0' } },
  },
  {
    row: '54',
    title: 'mirrors of the same probability get the same messages',
    scanners: { A: ['ok'], M: ['ok'], N: ['ok'] },
    worker: `${to('<A>')} mirror "m" { hosts = "<M>"; probability = 0.5; } mirror "n" { hosts = "<N>"; probability = 0.5; }`,
    steps: [
      { do: 'ask', times: 60, numbered: true },
      { do: 'wait', seconds: 0.2 },
    ],
    expect: {
      replies: times(60, { is: 'verdict', by: 'A' }),
      requests: { A: 60, M: [10, 50], N: [10, 50] },
      alike: ['M', 'N'],
    },
  },
  {
    row: '54b',
    title: 'a probability of 0 copies nothing, a mirror without one gets everything',
    scanners: { A: ['ok'], M: ['ok'], N: ['ok'] },
    worker: `${to('<A>')} mirror "m" { hosts = "<M>"; probability = 0; } mirror "n" { hosts = "<N>"; }`,
    steps: [
      { do: 'ask', times: 10, numbered: true },
      { do: 'await', scanner: 'N', requests: 10 },
    ],
    expect: { requests: { A: 10, M: 0, N: 10 }, alike: ['A', 'N'] },
  },
  {
    row: '55',
    title: 'a script that fails does not keep the next one from its turn',
    scanners: { A: ['ok'], M: ['ok'] },
    worker: `script = "return function() error('of the script') end"; ${compare} ${to('<A>')} mirror "copy" { hosts = "<M>"; }`,
    steps: [{ do: 'ask' }, { do: 'wait', seconds: 0.5 }],
    expect: {
      replies: verdictsBy('A'),
      log: [{ has: /cannot run lua compare script: .*of the script/, times: 1 }],
      files: { compared: /^copy=table:2\.5; master=table:2\.5 tag=6\n$/ },
    },
    differs: {
      'before 4.0': {
        because: 'the tag had another length',
        expect: { files: { compared: /^copy=table:2\.5; master=table:2\.5 tag=\d+\n$/ } },
      },
    },
  },
  {
    row: '56',
    title: 'a reply of another content type is no result',
    scanners: { A: [typed('application/json; charset=utf-8'), typed('application/msgpack')], M: ['ok'] },
    worker: `${compare} ${to('<A>')} mirror "copy" { hosts = "<M>"; }`,
    steps: [
      { do: 'ask', times: 2 },
      { do: 'wait', seconds: 0.5 },
    ],
    expect: { replies: times(2, { is: 'verdict', by: '' }), requests: { M: 2 }, files: { compared: null } },
  },
  {
    row: '57',
    title: 'a parser feeds the comparison, the client gets what the scanner said',
    scanners: { A: [typed('text/x-own')], M: ['ok'] },
    worker: `${compare}
      upstream "scanner" {
        default = yes;
        hosts = "<A>";
        parser = "return { from = function(body) return { score = #body } end, to = function() error('never') end }";
      }
      mirror "copy" { hosts = "<M>"; }`,
    steps: [{ do: 'ask' }, { do: 'wait', seconds: 0.5 }],
    expect: {
      replies: [{ is: /^200 OK$/, body: '{"action":"no action","score":1.5}' }],
      files: { compared: /^copy=table:2\.5; master=table:34(\.0)? tag=\d+\n$/ },
    },
  },
];
