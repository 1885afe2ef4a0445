local n, t = 0, {}
return function() n = n + 1 t["k" .. n] = {n} for k, v in pairs(t) do t[#t + 1] = k end return n .. #t end
