Llocal t = {policy = 1, nmae = "x", [1] = 2, [true] = 3, name = "a\27[2J\n\xff"}
t.self = t
t.sleep = {rules = {"a", "a", 3}, decide = ipairs, extra = 1}
t.wake = {{rule = "w", when = "1 +", scale_to = 0/0}}
t.kill = {{rule = "k", scale_to = 2^53 + 1, message = ("x"):rep(5000)}}
return t
