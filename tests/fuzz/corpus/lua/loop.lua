return function() for w in ("one two"):gmatch("%a+") do ::again:: goto again end end
