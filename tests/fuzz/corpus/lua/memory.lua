local hoard = {}
return function() local s = ("x"):rep(400) while true do hoard = {hoard, s .. 1, s .. 2} end end
