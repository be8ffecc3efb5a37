-- Load for wrk: `wrk … -s load.lua URL -- METHOD [PATHS-FILE [BODY]]`. Sends METHOD to the paths of the file in turn
-- (without one, to the URL's path) and prints one line of figures at the end. Latencies are in microseconds.
local paths = {}
local turn = 0

function init(args)
  wrk.method = args[1] or "GET"
  if args[3] then
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
