-- What wrk sends: the requests of a file in turn, each with its credential and its text; a
-- registration gets a new number. Every answer is looked at; a load with one bad answer does not count.
--   wrk -s load.lua URL -- DATA BLOCK
-- BLOCK is the first of the órgãos de origem whose numbers this load may use, one a thread.
local threads = {}

function setup(thread)
  thread:set("place", #threads)
  table.insert(threads, thread)
end

bad, written = 0, 0
example = ""

function init(args)
  data = dofile(args[1])
  local host = "Host: " .. wrk.host .. ":" .. wrk.port .. "\r\n"
  for name, kind in pairs(data.kinds) do
    kind.head = "POST " .. kind.path .. " HTTP/1.1\r\n" .. host
    kind.credentials, kind.text, kind.variables = {}, {}, {}
    local n = 0
    for line in io.lines(kind.file) do
      local credential, text, variables = line:match("^(%d+)\t(%d+)\t(.*)$")
      n = n + 1
      kind.credentials[n], kind.text[n], kind.variables[n] = tonumber(credential), tonumber(text), variables
    end
    kind.count = n
    -- Threads begin far apart, and so does each load of a run.
    kind.next = place * math.floor(n / 2) + tonumber(args[2]) * 37
  end
  origin = tonumber(args[2]) + place
  turn = place * 31
end

-- The check digits of Resolução CNJ 65/2008, piece by piece to stay exact.
local function numero(n, tribunal)
  local rest = ((((n % 97) * 10000 + 2025) % 97 * 1000 + tribunal) % 97 * 10000 + origin) % 97 * 100 % 97
  return string.format("%07d%02d2025%03d%04d", n, 98 - rest, tribunal, origin)
end

function request()
  turn = turn + 1
  local kind = data.kinds[data.deck[turn % #data.deck + 1]]
  kind.next = kind.next + 1
  local n = kind.next % kind.count + 1
  local credential = kind.credentials[n]
  local variables = kind.variables[n]
  if kind.writes then
    written = written + 1
    local new = numero(written, data.tribunais[credential])
    variables = variables:gsub("@", new)
  end
  local text = kind.texts[kind.text[n]]
  return kind.head .. data.headers[credential] .. "Content-Length: " .. #text + #variables + 1 .. "\r\n\r\n" .. text .. variables .. "}"
end

-- The shortest good answer has a hundred bytes; a row that is not found has half of it.
local SHORTEST = 80

function response(status, headers, body)
  if status ~= 200 or #body < SHORTEST or body:find('"errors":', 1, true) then
    bad = bad + 1
    if example == "" then example = status .. " " .. body:sub(1, 300) end
  end
end

function done(summary, latency, requests)
  local all_bad, all_written, one = 0, 0, ""
  for _, thread in ipairs(threads) do
    all_bad = all_bad + thread:get("bad")
    all_written = all_written + thread:get("written")
    if thread:get("example") ~= "" then one = thread:get("example") end
  end
  local errors = summary.errors
  if one ~= "" then io.stderr:write(one, "\n") end
  io.write(string.format(
    '\nRESULT {"requests":%d,"microseconds":%d,"bad":%d,"written":%d,"errors":%d,"p50":%d,"p99":%d,"bytes":%d}\n',
    summary.requests, summary.duration, all_bad, all_written,
    errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50), latency:percentile(99), summary.bytes))
end
