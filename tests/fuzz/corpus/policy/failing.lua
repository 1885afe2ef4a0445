Lreturn {policy = 1, name = "t",
  wake = {rules = {"w"}, decide = function(s) return nil end},
  sleep = {rules = {"a"}, decide = function(s) while s.desired >= 0 do end end},
  kill = {rules = {"k"}, decide = function(s) return {rule = "k", scale_to = 0, status = "killed", message = s.metric} end}}