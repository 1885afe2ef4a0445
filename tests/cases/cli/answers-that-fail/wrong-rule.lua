return {
  policy = 1, name = "wrong-rule",
  targets = {{cluster = "fluidity", service = "fluidity-server"}},
  sleep = {rules = {"idle"}, decide = function(s)
    return {rule = "idel", scale_to = 0, status = "scaled_down", message = "Idle"}
  end},
}
