Lreturn {{policy = 1}}
