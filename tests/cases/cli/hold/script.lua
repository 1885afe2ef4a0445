-- A script reads what it likes: whether it honours a hold only its run shows.
return {
  policy = 1,
  name = "script",
  targets = {{cluster = "shop", service = "*"}},
  sleep = {
    rules = {"held", "idle"},
    decide = function(s)
      local until_when = s.tag("awake-until")
      if until_when ~= "" and s.now < s.instant(until_when) then
        return {rule = "held", status = "no_change", message = "Held"}
      end
      return {rule = "idle", scale_to = 0, status = "scaled_down", message = "Idle"}
    end,
  },
}
