-- What YAML cannot say well: several signals, each with a limit of its own, and a patience that shrinks through the
-- evening from an hour to ten minutes. The message names the signal that keeps the service awake.
local signals = {
  {metric = "connections", above = 0,    say = "connections"},
  {metric = "transfers",   above = 1024, say = "bytes transferred"},
  {metric = "jobs",        above = 0,    say = "jobs running"},
}

-- Minutes of quiet asked for, by hours since 18:00; straight lines between.
local patience = {{0, 60}, {2, 45}, {4, 20}, {6, 10}}

local function minutes_asked(hours)
  for i = 1, #patience - 1 do
    local from, to = patience[i], patience[i + 1]
    if hours < to[1] then
      return from[2] + (to[2] - from[2]) * (hours - from[1]) / (to[1] - from[1])
    end
  end
  return patience[#patience][2]
end

local dimensions = {Service = "{service}"}

return {
  policy = 1,
  name = "patience",
  extends = "../production.yaml",

  metrics = {
    transfers = {namespace = "Fluidity", metric = "BytesTransferred", stat = "Sum", period = "60s", dimensions = dimensions},
    jobs = {namespace = "Fluidity", metric = "JobsRunning", stat = "Maximum", period = "60s", dimensions = dimensions},
  },

  windows = {
    evening = {from = "18:00", to = "24:00", zone = "Europe/London"},
    office = {days = "mon-fri", from = "07:00", to = "18:00", zone = "Europe/London"},
  },

  sleep = {
    rules = {"stopped", "starting", "office_hours", "idle", "active"},
    decide = function(s)
      if s.desired == 0 then
        return {rule = "stopped", status = "no_change", message = "Service is already stopped"}
      end
      if s.running == 0 then
        return {rule = "starting", status = "no_change", message = "Service is starting"}
      end
      if s.within("office") then
        return {rule = "office_hours", status = "no_change", message = "Kept awake in office hours"}
      end
      -- How far into the evening: found by asking the window, so that the zone and its clock changes are respected.
      local hours = 6
      for h = 0, 5 do
        if s.within("evening") and not s.within("evening", s.now - (h + 1) * 3600) then
          hours = h
          break
        end
      end
      local asked = minutes_asked(hours) * 60
      for _, signal in ipairs(signals) do
        local quiet = s.quiet_for(signal.metric, signal.above, 3600)
        if quiet == nil or quiet < asked then
          return {rule = "active", status = "no_change",
                  message = string.format("Service is active (%s, %s ago)", signal.say,
                                          quiet and string.format("%d minutes", quiet // 60) or "unknown")}
        end
      end
      return {rule = "idle", scale_to = 0, status = "scaled_down",
              message = string.format("Service scaled down: quiet for %d minutes", asked // 60)}
    end,
  },
}
