-- Looks past every unknown with `or`, and would sleep on it: the engine must hold each such sleep.
return {
  policy = 1,
  name = "careless",
  extends = "../../../policies/base.yaml",
  targets = {{cluster = "fluidity", service = "fluidity-server"}},
  sleep = {
    rules = {"idle", "active"},
    decide = function(s)
      local connections = s.avg("connections", s.lookback) or 0
      local last = s.max("last_activity", s.lookback) or 0
      if s.desired > 0 and connections <= 0 and s.since(last) >= s.idle_threshold then
        return {rule = "idle", scale_to = 0, status = "scaled_down", message = "idle"}
      end
      return {rule = "active", status = "no_change", message = "active"}
    end,
  },
}
