-- faults: 1
local windows = nil
return {policy = 1, name = "lua-runtime", windows = windows.office}
