-- faults: 1
local p = {policy = 1, name = "lua-cyclic"}
p.let = p
return p
