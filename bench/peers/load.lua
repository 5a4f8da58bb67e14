-- What wrk sends: prepared bodies in turn, or new numbers for a registration. Every answer is
-- looked at; a load with one bad answer does not count.
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
  wrk.method = "POST"
  for name, value in pairs(data.headers) do wrk.headers[name] = value end
  for _, kind in pairs(data.kinds) do
    kind.next = place * 37
    kind.requests = {}
    for i, body in ipairs(kind.bodies or {}) do kind.requests[i] = wrk.format(nil, data.path, nil, body) end
  end
  origin = tonumber(args[2]) + place
  turn = place * 31
end

-- The check digits of Resolução CNJ 65/2008, piece by piece to stay exact.
local function numero(n)
  local rest = ((((n % 97) * 10000 + 2025) % 97 * 1000 + 820) % 97 * 10000 + origin) % 97 * 100 % 97
  return string.format("%07d%02d2025820%04d", n, 98 - rest, origin)
end

function request()
  turn = turn + 1
  local kind = data.kinds[data.deck[turn % #data.deck + 1]]
  kind.next = kind.next + 1
  if kind.around then
    written = written + 1
    local around = kind.around[kind.next % #kind.around + 1]
    return wrk.format(nil, data.path, nil, around[1] .. numero(written) .. around[2])
  end
  return kind.requests[kind.next % #kind.requests + 1]
end

function response(status, headers, body)
  if status ~= 200 or body:find('"errors":', 1, true) then
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
