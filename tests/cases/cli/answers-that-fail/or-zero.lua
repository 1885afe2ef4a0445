-- Takes an unknown for 0, which must not put anything to sleep.
return {
  policy = 1, name = "or-zero",
  targets = {{cluster = "fluidity", service = "fluidity-server"}},
  metrics = {connections = {namespace = "Fluidity", metric = "ActiveConnections", stat = "Average", period = "60s",
                            dimensions = {Service = "{service}"}}},
  sleep = {rules = {"idle", "busy"}, decide = function(s)
    if (s.avg("connections", 600) or 0) < 1 then
      return {rule = "idle", scale_to = 0, status = "scaled_down", message = "Idle"}
    end
    return {rule = "busy", status = "no_change", message = "Busy"}
  end},
}
