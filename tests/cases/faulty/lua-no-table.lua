-- faults: 1
return "a policy"
