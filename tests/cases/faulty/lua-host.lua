-- faults: 1
local os = require("os")
return {policy = 1, name = "lua-host"}
