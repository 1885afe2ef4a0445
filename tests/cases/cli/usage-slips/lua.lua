return {policy = 1, name = "x", params = {threshold = {default = 5}, limit = {default = 1}},
  sleep = {rules = {"awake"}, decide = function(s) return {rule = "awake", status = "no_change", message = "Up"} end}}
