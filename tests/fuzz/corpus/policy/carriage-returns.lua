L-- a
  return {policy = "x
