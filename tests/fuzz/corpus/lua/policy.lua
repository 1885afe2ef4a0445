local function rule(n) return {rule = n, when = "desired == 0"} end
return {policy = 1, name = "x", let = {a = "1 + 1"}, list = {1, 2.5, "three"},
  wake = {rule("a"), rule("b")}, sleep = {rules = {"idle"}, decide = function(s) return {rule = "idle"} end}}
