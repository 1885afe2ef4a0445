"""Policy files made to crash, to stall or to eat memory: what each is, how `drowse check` must end, and what it says.

A case is (name, files, exit code, phrase). The first of the files is checked; a content that is callable makes its
path by itself.
"""
import os

HEAD = "policy: 1\nname: t\n"
WAKE = "wake: [{rule: w, scale_to: 1, message: m}]\n"
METRIC = "metrics: {m: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {S: s}}}\n"


def lines(pattern, count):
    return "".join(pattern % ((i,) * pattern.count("%d")) for i in range(count))


def long_name(i):
    return "n" + "abcdefghij" * 5 + "%05d" % i


def chain(count, content):
    """Files that extend one another; the last of them extends nothing."""
    files = [("p%d.yaml" % i, "policy: 1\nname: t\nextends: p%d.yaml\n" % (i + 1) + content(i)) for i in range(count - 1)]
    return files + [("p%d.yaml" % (count - 1), HEAD + content(count - 1))]


def extending(path, content=None):
    return [("p.yaml", HEAD + "extends: %s\n" % path)] + ([(path, content)] if content else [])


def lua(fields):
    return [("p.lua", "return {policy = 1, name = 't', %s}\n" % fields)]


def link_to(target):
    return lambda path: os.symlink(target, path)


SIZES = [
    ("10 MB", [("p.yaml", HEAD + "#" * 10_000_000)], 2, "over 256 KB"),
    ("300 kB", [("p.yaml", HEAD + lines("# %d\n", 40_000))], 2, "over 256 KB"),
    ("256 kB of comments", [("p.yaml", HEAD + WAKE + "#\n" * 130_000)], 0, "ok (1 behaviour"),
    ("nothing", [("p.yaml", "")], 1, "the file is empty"),
    ("260,000 empty lines", [("p.yaml", "\n" * 260_000)], 1, "the file is empty"),
    ("1 MB on one line", [("p.yaml", "{policy: 1, name: t, " + "a: b, " * 170_000 + "}")], 2, "over 256 KB"),
    ("250 kB on one line", [("p.yaml", "{policy: 1, name: t, " + lines("k\u65e5\u672c%d: 1, ", 9000) + "}")], 1,
     "p.yaml:1:22: error: a policy has no field"),
    ("20,001 nodes", [("p.yaml", HEAD + "let: [" + "1, " * 20_001 + "]\n")], 1, "more than 20000 values"),
    ("9,500 keys alike", [("p.yaml", HEAD + lines("a: \n", 9_500))], 1, "the key 'a' is in line 3 already"),
    ("a scalar of 100 kB", [("p.yaml", "policy: 1\nname: %s\n" % ("x" * 100_000))], 1,
     "has 100000 bytes; at most 64 are taken"),
    ("a message of 100 kB", [("p.yaml", HEAD + "wake: [{rule: w, scale_to: 1, message: %s}]\n" % ("x" * 100_000))], 1,
     "4096 bytes"),
    ("an expression of 100 kB", [("p.yaml", HEAD + "let: {a: %s}\n" % ("1 + " * 25_000))], 1, "4096 bytes"),
    ("65 kB of Lua", [("p.lua", "return {}" + " " * 66_000)], 2, "over 64 KB"),
]

DEPTHS = [
    ("400 blocks deep", [("p.yaml", HEAD + "".join(" " * i + "a:\n" for i in range(400)))], 1,
     "nested deeper than 32 levels"),
    ("20,000 dashes deep", [("p.yaml", HEAD + "let:\n  " + "- " * 20_000)], 1, "nested deeper than 32 levels"),
    ("5,000 brackets deep", [("p.yaml", HEAD + "let: " + "[" * 5000)], 1, "nested deeper than 32 levels"),
    ("5,000 braces deep", [("p.yaml", HEAD + "let: " + "{a: " * 5000)], 1, "nested deeper than 32 levels"),
    ("100,000 questions", [("p.yaml", HEAD + "? " * 100_000)], 1, "nested deeper than 32 levels"),
    ("2,000 parentheses", [("p.yaml", HEAD + "let: {a: %s1%s}\n" % ("(" * 2000, ")" * 2000))], 1,
     "nests at most 64 deep"),
    ("a sum of 2,000", [("p.yaml", HEAD + "let: {a: %s}\n" % "+".join(["1"] * 2000))], 1, "nests at most 64 deep"),
    ("1,000 times not", [("p.yaml", HEAD + "let: {a: %strue}\n" % ("not " * 1000))], 1, "nests at most 64 deep"),
    ("lets 250 deep", [("p.yaml", HEAD + "let:\n  a0: 1\n" + "".join("  a%d: a%d + 1\n" % (i, i - 1)
                                                                     for i in range(1, 250)))], 1,
     "lets build on one another more than 32 deep"),
    ("lets that double", [("p.yaml", HEAD + METRIC + WAKE + "let:\n  a0: avg(m over 1h)\n" + "".join(
        "  a%d: a%d + a%d\n" % (i, i - 1, i - 1) for i in range(1, 31)) + "sleep:\n"
        "  - {rule: s, when: a30 > 1, scale_to: 0, message: '{a30}'}\n  - {rule: z}\n")], 0, "ok (2 behaviours"),
    ("Lua tables 190 deep", [("p.lua", "return " + "{" * 190 + "}" * 190)], 1, "this is a list"),
    ("Lua tables 190 deep within", lua("wake = " + "{" * 190 + "}" * 190), 1, "nested deeper"),
    ("20,000 braces of Lua", [("p.lua", "return " + "{" * 20_000)], 1, "overflow"),
    ("20,000 parentheses of Lua", [("p.lua", "return " + "(" * 20_000)], 1, "overflow"),
]

COUNTS = [
    ("10,000 rules", [("p.yaml", HEAD + "sleep:\n" + lines(" - {rule: r%d}\n", 10_000))], 1, "more than 20000 values"),
    ("300 rules", [("p.yaml", HEAD + "sleep:\n" + lines(" - {rule: r%d, when: desired == %d}\n", 300))], 1,
     "300 rules; at most 256 are taken"),
    ("256 rules", [("p.yaml", HEAD + "sleep:\n" + lines(" - {rule: r%d, when: desired == %d}\n", 255) +
                    " - {rule: z}\n")], 0, "256 rules"),
    ("300 metrics", [("p.yaml", HEAD + "metrics:\n" + lines(
        "  m%d: {namespace: N, metric: M, stat: Sum, period: 60s, dimensions: {S: s}}\n", 300))], 1,
     "300 metrics; at most 64 are taken"),
    ("300 params", [("p.yaml", HEAD + "params:\n" + lines("  p%d: {default: 1}\n", 300))], 1,
     "300 params; at most 64 are taken"),
    ("2,000 targets", [("p.yaml", HEAD + "targets:\n" + lines(" - {cluster: c, service: s%d}\n", 2000))], 1,
     "2000 targets; at most 1000 are taken"),
    ("5,000 targets", [("p.yaml", HEAD + "targets:\n" + lines(" - {cluster: c, service: s%d}\n", 5000))], 1,
     "more than 20000 values"),
    ("9,900 lets", [("p.yaml", HEAD + "let:\n" + lines("  l%d: 1\n", 9900))], 1, "at most 256 are taken"),
    ("9,000 dimensions", [("p.yaml", HEAD + METRIC.replace("S: s", lines("D%d: x, ", 9000)))], 1, "9000 dimensions"),
    ("9,000 anchors", [("p.yaml", HEAD + lines("k%d: &a%d x\n", 9000))], 1, "anchors ('&a0') are not used"),
    ("15,000 aliases", [("p.yaml", "policy: 1\nname: &a t\nlet: [" + "*a," * 15_000 + "]\n")], 1,
     "aliases ('*a') are not used"),
    ("3,000 long names misspelt", [("p.yaml", HEAD + "let:\n" + "".join("  %s: 1\n" % long_name(i) for i in range(250)) +
                                    "sleep:\n" + "".join(" - {rule: r%d, when: '%s'}\n" % (i, " or ".join(
                                        long_name(i * 15 + k).replace("j0", "jx") for k in range(15)))
                                        for i in range(200)))], 1, "did you mean 'nabcdefghij"),
    ("a Lua table that is many", [("p.lua", "local t = {}\nfor i = 1, 40 do t = {t, t} end\n"
                                   "return {policy = 1, name = 't', wake = t}\n")], 1, "nested deeper"),
    ("a Lua text that is many", [("p.lua", "local t, e, f = {}, {}, {}\nfor i = 1, 100 do t[i] = e end\n"
                                  "for i = 1, 150 do e[i] = f end\nf.x = ('x'):rep(16000)\n"
                                  "return {policy = 1, name = 't', wake = t}\n")], 1, "more than 20000 values"),
    ("a Lua table in itself", [("p.lua", "local t = {policy = 1, name = 't'}\nt.wake = t\nreturn t\n")], 1,
     "contains itself"),
]

CHAINS = [
    ("a chain of 20", chain(20, lambda i: ""), 1, "more than 16 files extend one another"),
    ("a chain of 16", chain(16, lambda i: WAKE), 0, "ok (1 behaviour"),
    ("a chain of many values", chain(16, lambda i: "let:\n" + lines("  l%d_%%d: 1\n" % i, 9000)), 1,
     "these files hold more than 20000 values"),
    ("a chain of many edits", chain(16, lambda i: "sleep:\n" + (" - {rule: z}\n" if i == 15 else lines(
        " - {before: z, add: [{rule: r%d_%%d}]}\n" % i, 160))), 1, "at most 256 are taken"),
    ("a circle", [("p.yaml", HEAD + "extends: q.yaml\n"), ("q.yaml", HEAD + "extends: p.yaml\n")], 1,
     "extend each other in a circle"),
    ("a folder", extending("folder.yaml", os.mkdir), 1, "is a directory"),
    ("/dev/zero", extending("/dev/zero"), 1, "a policy file ends in .yaml, .yml or .lua"),
    ("a link to /dev/zero", extending("zero.yaml", link_to("/dev/zero")), 1, "is not a regular file"),
    ("a link to itself", extending("loop.yaml", link_to("loop.yaml")), 1, "too many levels of symbolic links"),
    ("a pipe", extending("pipe.yaml", os.mkfifo), 1, "is not a regular file"),
    ("a pipe itself", [("p.yaml", os.mkfifo)], 2, "is not a regular file"),
    ("a NUL", extending('"base\\0.yaml"'), 1, "the text holds a NUL character"),
    ("a NUL in Lua", lua("extends = 'base\\0.yaml'"), 1, "p.lua:1:43: error: 'extends'"),
    ("/etc/passwd", extending("/etc/passwd"), 1, "a policy file ends in .yaml, .yml or .lua"),
    ("an absolute path", extending("/nonexistent/base.yaml"), 1, "no such file or directory"),
    ("a path of 1,000 steps", extending("a/../" * 200 + "p.yaml"), 1, "extend each other in a circle"),
    ("a long path", extending("x" * 1000 + ".yaml"), 1, "file name too long"),
    ("a path that is a list", extending("[p.yaml]"), 1, "must be the path of a policy file"),
    ("a Lua list", extending("list.lua", "return {{policy = 1}}\n"), 1, "this is a list"),
]

LUA = [
    ("never ends", [("p.lua", "while true do end\n")], 1, "p.lua:1:1: error: the budget of"),
    ("calls itself", [("p.lua", "local function f() return 1 + f() end\nreturn f()\n")], 1, "p.lua:1:"),
    ("waits in a pattern", [("p.lua", "return (('a'):rep(200)):find(('a*'):rep(30) .. 'b')\n")], 1, "p.lua:1:"),
    ("eats memory", [("p.lua", "local t = {}\nfor i = 1, 1e9 do t[i] = {i} end\nreturn t\n")], 1, "p.lua:2:"),
    ("eats memory by a text", [("p.lua", "local s = 'x'\nwhile true do s = s .. s end\n")], 1, "out of memory"),
    ("constants eat memory", [("p.lua", "return {" + "{}," * 20_000 + "}\n")], 1, "out of memory"),
    ("a mark of the byte order", [("p.lua", "\ufeffreturn {policy = 1, name = 't'}\n")], 0, "ok (0 behaviours"),
    ("a #! line", [("p.lua", "#!/usr/bin/lua\nreturn {policy = 1, name = 't'}\n")], 1, "p.lua:1:1: error"),
    ("bytecode", [("p.lua", b"\x1bLua\x54\x00\x19\x93\r\n\x1a\n\x04\x08\x08" + b"x" * 100)], 1, "p.lua"),
    ("bytecode that is UTF-8", [("p.lua", b"\x1bLuaS\x00\x01\x04\x08\x08" + b"\x00" * 100)], 1, "p.lua"),
    ("NUL bytes", [("p.lua", b"return {policy = 1, name = 't\0u'}\n\0\0")], 1, "p.lua:"),
    ("invalid UTF-8", [("p.lua", b"return {name = '\xff'}\n")], 1, "not valid UTF-8 at byte 17"),
    ("a text that is no UTF-8", lua("env = '\\xff'"), 1, "is not valid UTF-8"),
    ("NaN", lua("cold_start = 0/0"), 1, "is not a finite number"),
    ("infinity", lua("limits = {max_count = 1/0}"), 1, "is not a finite number"),
    ("past 2^53", lua("limits = {max_count = 2^53 + 2}"), 1, "p.lua:1:"),
    ("CRLF", [("p.lua", "-- a\r\nreturn {policy = 1,\r\n  nmae = 't'}\r\n")], 1, "p.lua:3:3: error"),
    ("nothing", [("p.lua", "")], 1, "the file must return the policy"),
    ("a control sequence", lua("['\\27[2J'] = 1"), 1, "a policy has no field '?[2J'"),
]

NUMBERS = [(number, [("p.yaml", HEAD + WAKE + "limits: {max_count: %s}\n" % number)], 1, "p.yaml:4:21: error: 'max_count'")
           for number in (".nan", ".NaN", "nan", ".inf", "-.inf", "+.inf", "inf", "Infinity", "1e400", "9007199254740993",
                          "99999999999999999999999", "0x10", "0o17", "010", "1_000", "+5", "-0", "5.", ".5",
                          "~", "null", "''", "'5'", "true")]

TEXTS = [
    ("CRLF", [("p.yaml", (HEAD + WAKE).replace("\n", "\r\n"))], 0, "ok (1 behaviour"),
    ("a fault behind CRLF", [("p.yaml", "policy: 1\r\nname: t\r\nnmae: x\r\n")], 1, "p.yaml:3:1: error"),
    ("CR alone", [("p.yaml", (HEAD + WAKE).replace("\n", "\r"))], 0, "ok (1 behaviour"),
    ("100,000 CRs", [("p.yaml", HEAD + "x\r" * 100_000)], 1, "p.yaml:"),
    ("a mark of the byte order", [("p.yaml", "\ufeff" + HEAD + "nmae: x\n")], 1, "p.yaml:3:1: error"),
    ("two marks", [("p.yaml", "\ufeff\ufeff" + HEAD)], 0, "ok (0 behaviours"),
    ("a mark within", [("p.yaml", HEAD + "\ufeffwake: []\n")], 1, "p.yaml:3:2: error"),
    ("UTF-16", [("p.yaml", HEAD.encode("utf-16"))], 1, "looks like UTF-16"),
    ("tabs", [("p.yaml", HEAD + "limits:\n\tmax_count: 5\n")], 1, "p.yaml:4:1: error: a tab where YAML wants blanks"),
    ("tabs behind", [("p.yaml", "policy:\t1\t\nname:\tt\t# why\n")], 0, "ok (0 behaviours"),
    ("NUL", [("p.yaml", HEAD.encode() + b"a\0b: 1\n")], 1, "p.yaml:3:2: error: the file holds a NUL byte"),
    ("invalid UTF-8", [("p.yaml", HEAD.encode() + b"a\xc0\xafb: 1\n")], 1, "p.yaml:3:2: error: the byte 0xc0 is not valid"),
    ("a surrogate", [("p.yaml", HEAD.encode() + b"a\xed\xa0\x80: 1\n")], 1, "p.yaml:3:2: error: the byte 0xed is not"),
    ("escape sequences", [("p.yaml", HEAD + '"\\e[2J\\n\\u202e": 1\n')], 1, "a policy has no field '?[2J??'"),
    ("200,000 quotes", [("p.yaml", HEAD + '"' * 200_000)], 1, "p.yaml:3:"),
    ("100,000 colons", [("p.yaml", HEAD + ": " * 100_000)], 1, "p.yaml:3:"),
    ("a second document", [("p.yaml", HEAD + "---\n" + HEAD)], 1, "a second document begins here"),
    ("a merge key", [("p.yaml", HEAD + "<<: {name: u}\n")], 1, "merge keys ('<<') are not used"),
    ("a directive", [("p.yaml", "%YAML 9.9\n---\n" + HEAD)], 1, "p.yaml:1:"),
]

GROUPS = [("size", SIZES), ("depth", DEPTHS), ("count", COUNTS), ("extends", CHAINS), ("Lua", LUA),
          ("number", NUMBERS), ("text", TEXTS)]
