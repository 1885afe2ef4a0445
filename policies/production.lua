-- Production, written in Lua: decides alike with production.yaml, field by field. A start for policies of your own
-- that outgrow YAML. Wake and kill come from base.yaml; only sleep is a function here.
return {
  policy = 1,
  name = "production",
  extends = "base.yaml",

  targets = {{cluster = "fluidity", service = "fluidity-server"}},

  params = {
    idle_threshold = {default = "15m"},
    lookback = {default = "10m"},
  },

  schedule = {sleep = "rate(5 minutes)"},

  wake = {
    rules = {"start", "starting", "awake"},
    decide = function(s)
      if s.desired == 0 then
        return {rule = "start", scale_to = 1, status = "waking",
                message = "Service wake initiated. ECS task starting (estimated 60-90 seconds)"}
      end
      if s.running == 0 then
        return {rule = "starting", status = "starting",
                message = "Service is already starting. ECS task pending (estimated 60-90 seconds)"}
      end
      return {rule = "awake", status = "already_running",
              message = string.format("Service is already running (%d of %d tasks)", s.running, s.desired)}
    end,
  },

  sleep = {
    rules = {"stopped", "starting", "deployment", "kept_awake", "idle", "active"},
    decide = function(s)
      if s.desired == 0 then
        return {rule = "stopped", status = "no_change", message = "Service is already stopped"}
      end
      if s.running == 0 then
        return {rule = "starting", status = "no_change", message = "Service is starting, no task is running yet"}
      end
      if s.deploying then
        local at = s.deployed_at
        if at and s.since(at) < 3600 then
          return {rule = "deployment", status = "no_change", message = "A deployment is in progress"}
        end
      end
      if s.kept_until ~= "" then
        local till = s.instant(s.kept_until)
        if till and s.now < till then
          return {rule = "kept_awake", status = "no_change",
                  message = string.format("Kept awake until %s (%s: %s)", s.kept_until, s.kept_by, s.kept_because)}
        end
      end
      local connections, idle = s.avg_connections, s.idle_time
      -- An unknown reads as nil. The engine would hold a sleep that looked past one; here it counts as active.
      if connections and idle and connections <= 0 and idle >= s.idle_threshold then
        return {rule = "idle", scale_to = 0, status = "scaled_down",
                message = string.format("Service scaled down due to inactivity (idle for %d seconds)", idle // 1)}
      end
      return {rule = "active", status = "no_change",
              message = string.format("Service is active (avg connections: %s, idle: %s seconds)",
                                      connections and string.format("%.2f", connections) or "unknown",
                                      idle and string.format("%d", idle // 1) or "unknown")}
    end,
  },

  kill = {
    rules = {"kill"},
    decide = function()
      return {rule = "kill", scale_to = 0, status = "killed",
              message = "Service shutdown initiated. ECS tasks will terminate immediately."}
    end,
  },
}
