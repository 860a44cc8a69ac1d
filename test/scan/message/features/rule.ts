/** A rule for Debian's Rspamd that writes what it sees of each message into a file, a line of JSON each. */
export const featureRule = (file: string): string => `
local ucl = require 'ucl'
local function join(...)
  local texts = {}
  for at = 1, select('#', ...) do
    local text = select(at, ...)
    texts[at] = text == nil and '' or tostring(text)
  end
  return table.concat(texts, '|')
end
rspamd_config:register_symbol{
  name = 'FEATURES', type = 'normal', flags = 'empty', score = 0,
  callback = function(task)
    local seen = { id = task:get_queue_id(), parts = {}, kinds = {}, texts = {}, urls = {}, fields = {}, hops = {} }
    local function add(list, item) list[#list + 1] = item end
    for _, part in ipairs(task:get_parts() or {}) do
      local type, subtype = part:get_type()
      add(seen.parts, join(type, subtype, part:get_length(), part:get_filename()))
      add(seen.kinds, join(part:is_text(), part:is_image(), part:is_archive(), part:is_multipart()))
    end
    for _, part in ipairs(task:get_text_parts() or {}) do
      local words = part:get_words('norm') or {}
      add(seen.texts, join(part:is_html(), part:is_utf(), part:get_lines_count(), table.concat(words, ' ')))
    end
    for _, url in ipairs(task:get_urls(true) or {}) do add(seen.urls, url:get_text()) end
    for _, field in ipairs(task:get_headers(true) or {}) do add(seen.fields, join(field.name, field.decoded)) end
    for _, hop in ipairs(task:get_received_headers() or {}) do
      if not (hop.flags and hop.flags.artificial) then
        local ip = hop.real_ip and hop.real_ip:is_valid() and tostring(hop.real_ip) or ''
        add(seen.hops, join(hop.from_hostname, hop.real_hostname, ip, hop.by_hostname, hop.proto))
      end
    end
    local out = io.open('${file}', 'a')
    out:write(ucl.to_format(seen, 'json-compact'), '\\n')
    out:close()
  end
}
`;
