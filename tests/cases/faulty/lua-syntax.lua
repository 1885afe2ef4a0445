-- faults: 1
return {
  policy = 1
  name = "lua-syntax",
}
