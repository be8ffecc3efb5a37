-- Load for wrk: `wrk … -s load.lua URL -- METHOD PATHS-FILE BODY DELAY-MS`. Sends METHOD to the paths of the file in turn
-- (where there is none, to the URL's path), each client DELAY-MS after its last answer, and prints one line of figures at
-- the end. Latencies are in microseconds.
local paths = {}
local turn = 0

function init(args)
  wrk.method = args[1] or "GET"
  if args[3] and args[3] ~= "" then
    wrk.body = args[3]
    wrk.headers["Content-Type"] = "application/json"
  end
  if args[2] and args[2] ~= "" then
    for line in io.lines(args[2]) do
      paths[#paths + 1] = wrk.format(nil, line)
    end
    turn = math.random(#paths)
  else
    paths[1] = wrk.format()
  end
  local delay_ms = tonumber(args[4] or 0)
  if delay_ms > 0 then
    -- Now more, now less, so that the clients do not come all at once; wrk takes whole milliseconds.
    function delay()
      return math.floor(delay_ms * (0.5 + math.random()) + 0.5)
    end
  end
end

function request()
  turn = turn % #paths + 1
  return paths[turn]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format('FIGURES {"requests":%d,"seconds":%.6f,"p50_us":%d,"p95_us":%d,"p99_us":%d,"bad":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(95), latency:percentile(99),
    e.status + e.connect + e.read + e.write + e.timeout))
end
