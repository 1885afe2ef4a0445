return function() local s = ("a"):rep(40) .. "b" return s:find("a-b"), s:gsub("%a", "%0%0"), ("%5.2f %q %s"):format(1.5, s, true), s:byte(1, 5), s:match("(a+)(b)") end
