return {
  policy = 1, name = "misspelt",
  targets = {{cluster = "fluidity", service = "fluidity-server"}},
  sleep = {rules = {"idle"}, decide = function(s)
    if s.runing == 0 then return {rule = "idle", status = "no_change", message = "Stopped"} end
    return {rule = "idle", status = "no_change", message = "Up"}
  end},
}
