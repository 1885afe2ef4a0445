-- faults: 5
return {
  policy = 1,
  name = "lua-fields",
  target = {{cluster = "c", service = "s"}},
  limits = {max_count = 1.5},
  let = {idle = "avg_connections <= 0"},
  sleep = {rules = {"a"}, decde = function(s) return {rule = "a"} end},
}
