-- Has wrk print what it has measured as one line of JSON. What it tells in microseconds are seconds there.
done = function(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format(
      '{"requests per second": %g, "50 %%": %g, "90 %%": %g, "99 %%": %g, "errors": %d}\n',
      summary.requests / summary.duration * 1e6,
      latency:percentile(50) / 1e6, latency:percentile(90) / 1e6, latency:percentile(99) / 1e6,
      errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
