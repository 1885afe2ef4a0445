L-- A policy decided by functions.
local function keep(name, text) return {rule = name, status = "no_change", message = text or name} end
return {
  policy = 1, name = "scripted", extends = "base.yaml",
  targets = {{cluster = "c", service = "s-*"}},
  params = {strict = {default = true}, patience = {default = "30m", min = "10m", max = "3h"}},
  let = {idle = "avg(connections over lookback) <= 0 and idle_time >= threshold"},
  wake = {rules = {"start", "running", "refused"}, decide = function(s)
    if s.within("office") == false and s.trigger == "request" then
      return {rule = "refused", refuse = true, status = "refused", message = "closed"}
    end
    if s.desired == 0 then return {rule = "start", scale_to = tonumber(s.tag("count")) or 1, status = "waking", message = "m"} end
    return keep("running")
  end},
  sleep = {rules = {"stopped", "idle", "half", "active"}, decide = function(s)
    if s.desired == 0 then return keep("stopped") end
    local seen = s.count("connections", s.lookback)
    if s.idle then
      return {rule = "idle", scale_to = 0, status = "scaled_down", message = string.format("idle for %d of %d points", s.idle_time // 1, seen)}
    end
    if not s.known("idle_time") and s.max("connections", "20m") == 0 then
      return {rule = "half", scale_to = s.desired / 2, status = "scaled_down", message = "half"}
    end
    local parts = {}
    for i, word in ipairs({"a", "b", s.service, s.cluster}) do parts[i] = word:upper() end
    return keep("active", table.concat(parts, ", "))
  end},
  kill = {{rule = "two", when = "running == 2", refuse = true, message = "no"}, {rule = "kill", scale_to = 0, status = "killed", message = "m"}},
  schedule = {sleep = "rate(2 minutes)", zone = "UTC"},
  report = {idle = "idle_time"},
}
