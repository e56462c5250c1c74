#!/usr/bin/env python3
"""Record what PyYAML makes of some thousand small documents.

    python3 generate.py > pyyaml.jsonl
    python3 generate.py --seed 7 --count 100000 > /tmp/more.jsonl

Each line is a JSON object: `in` is the document; `out` what yaml.safe_load
returns, with Python's types told apart (see dump), or `err` the error's class
with `at`, the place (line and column, from 1) that PyYAML names. The documents
are the hand-written ones below, values of a small grammar of YAML written in
random styles, soups of YAML's tokens, and valid documents with a mistake in
them. The same seed gives the same documents.
"""

import argparse
import datetime
import json
import random
import sys

import yaml

sys.setrecursionlimit(20000)

# ---------------------------------------------------------------- by hand

SCALARS = r"""
yes Yes YES yEs no on ON Off y n Y N true True TRUE tRue false ~ null Null NULL nULL ~~ nul
0 -0 +0 1 -1 +1 00 01 07 08 09 010 -010 0o10 0x 0x_ 0x1F 0X1F -0x1f 0b 0b1 0b12 -0b101 0b_ 0_ _0 _1 1_000 1__0 1_ +_1 1,000
1:30 1:60 1:59 -1:30 190:20:30 1:2:3:4 01:30 00:30 0:30 1:30.5 1:30.  1:5_0 20:30:00 +1:30 1_0:30 1:3_0.5
1. 1.0 -1.5 +.5 .5 -.5 . .. ... 1e3 1.e3 1.0e3 1.0e+3 1.0E-3 1e+3 .5e+1 .5e1 1._5 1_.5 ._5 1.5_ 6.02e+23 1.0e+400 -1.0e+400 1.0e-400
.inf .Inf .INF .iNF -.inf +.inf .nan .NaN .NAN .Nan -.nan inf nan 0.0 -0.0 1.0e+16 123456789012345678.0 0.1 1.7976931348623157e+308 5.0e-324
9223372036854775807 9223372036854775808 -9223372036854775808 123456789012345678901234567890 0x123456789abcdef0123 0777777777777777777777777
2024-01-01 2024-1-1 2024-13-01 2024-02-30 2024-02-29 2023-02-29 0000-01-01 0001-01-01 9999-12-31 2024-01-1 24-01-01 2024-01-01x
2024-01-01T10:00:00 2024-01-01t10:00:00Z 2024-01-01T10:00:00+01:00 2024-01-01T10:00:00-5 2024-1-1T1:00:00.5 2024-01-01T10:00:00.
2024-01-01T10:00:00.1234567Z 2024-01-01T10:00:00.000001+05:30 2024-01-01T24:00:00 2024-01-01T10:60:00 2024-01-01T10:00:60 2024-01-01T10:00
2024-01-01T10:00:00+24:00 2024-01-01T10:00:00+23:59 2024-01-01T10:00:00-23:59 2024-01-01T10:00:00+1 2024-01-01T10:00:00+01:60 2024-01-01T10:00:00+00:00
2024-01-01T10:00:00-00:00 2024-01-01T10:00:00z 2024-01-01T1:2:3 9999-12-31T23:59:59.999999-23:59
<< = == <<< < =a a= ? - : -- --- ?a -a :a a: a? a- a: ?: -: :: :a: a:b a::b a:: ::a http://x:80/y
a#b #a a,b ,a a] ]a a} }a [a {a a[ a{ *a &a !a !!a %a @a `a |a >a 'a "a a' a" a%b a@b a`b a|b a>b a&b a*b a!b
$(X) ${X} {{x}} {{ x }} {%x%} a{{x}}b \n \ a\b // . .a a. -1a 1a 0xg 1.2.3 10.0.0.1 10Gi 1-2 nvcr.io/a/b:1.2 a=b --flag=1 -x -1-1 +a
é ünï 日本 😀 ½ ١٢ １２ a​b a b
""".split("\n")

SPACED = [
    "a b", "a  b", "a #b", "a # b", "a: b", "a :b", "a : b", "- a", "-\ta", "? a", "a ", " a", "a\t", "\ta", "a\tb", "a \tb",
    "2024-01-01 10:00:00", "2024-01-01  10:00:00 Z", "2024-01-01\t10:00:00", "2024-01-01 10:00:00 +1:00", "2024-01-01 10:00:00.5 -01:30",
    "1 2", "1 #", "yes #", "~ ~", "null #x", "'a' b", "'a'b", "'a''b'", '"a" b', '"a"b', "'a' #b", "'a'#b", "'a':", "'a' : b", "{{ x }} y", "{% if x %}",
    "[a]b", "[a] b", "{a}b", "[a]#b", "[a] #b", "|", "| a", "|#a", "| #a", "> #a", "|-a", "*a b", "&a", "&a b", "&a &b c", "!!str", "! a", "! 12", "! '12'", "! '~'", "! '='", '! "\\n"', '! "yes\\n"', "! |\n  12\n", '! "yes"',
    "! [1]", "! {a: 1}", "!\ta", "!!str\ta", "&a\tb", "*a\t", "!<a> b", "!<tag:yaml.org,2002:str> 12", "!<!> 12", "!<> a", "!<a b", "!a!b c", "!!", "!! a", "!!%73tr 12", "!!s%7 a", "!!str, a",
]

TAGS = ["str", "int", "float", "bool", "null", "timestamp", "seq", "map", "foo", "merge", "value", "yaml", "python/tuple"]
TAGGED = [
    "", "''", "a", "12", "'12'", '" 12 "', "1.5", "'1e3'", "yes", "'YeS'", "y", "~", "2024-01-01", "'2024-01-01 10:00:00'", "2024-99-01", "'+5'", "'-'", "'0b2'", "'0x1g'", "'08'", "'0o7'", "'1:a'",
    "'1:2.5'", "'_'", "'inf'", "'-.inf'", "'-.nan'", "'Infinity'", "'1:30'", "aGk=", "'a'", "[]", "[a]", "{}", "{a: 1}", "{a, b}", "[a: 1]", "[{a: 1, b: 2}]", "<<", "=", "|\n  12", "1_000", "'0'", "'00'", "'1 '",
]

DOCS = [
    "", " ", "\n", "\n\n", "#", "# a", "---", "---\n", "--- ", "--- a", "---a", "--- #a", "---\ta", "---\n---", "---\na\n---\nb", "a\n---", "a\n---\n", "a\n...", "a\n...\n", "a\n...\nb", "a\n...\n---\nb", "a\n... b", "a\n...#", "a\n... #",
    "...", "...\n", "...\na", "...\n...\n", "---\n...\n", "---\n...\n---\n", "--- |\n a\n...\n", "--- |\n a\n---\n", "--- >\na\n", "--- |\n%a\n", "--- 'a\n---\nb'", "--- 'a\n--- b'", "'a\n...\nb'", "'a\n ---\nb'", "a\n--- b", "a\n---b", "a\n ---", "a: b\n---\n", "a: b\n...\nc: d",
    "--- - a", "--- a: b", "--- {a: b}", "--- [a]", "--- &a\nb", "--- !!map\na: b", "--- !!str\n- a", "- a\n---\n", "---\n# a\n", "# a\n---\nb",
    "%YAML 1.1\n---\na", "%YAML 1.2\n---\na", "%YAML 2.0\n---\na", "%YAML 1.1\na", "%YAML 1.1", "%YAML\n---\na", "%YAML 1\n---\na", "%YAML 1.1 #a\n---\na", "%YAML 1.1 a\n---\na", "%YAML 1.1\n%YAML 1.1\n---\na", "%FOO bar\n---\na", "%FOO\n---\na", "%\n---\na", "% a\n---\na", " %YAML 1.1\n---\na", "%YAML 1.1\n--- a\n...\n%YAML 1.1\n--- b", "%YAML 1.1\n---\na\n...\n%FOO", "a\n%YAML 1.1\n---\nb", "%YAML 1.1#a\n---\na", "%YAML 1.10\n---\na",
    "%TAG ! tag:yaml.org,2002:\n---\n!str 12", "%TAG !! tag:a:\n---\n!!str 12", "%TAG !e! tag:yaml.org,2002:\n---\n!e!int '12'", "%TAG !e! tag:yaml.org,2002:\n%TAG !e! x\n---\na", "!e!int 12", "%TAG !e\n---\na", "%TAG\n---\na", "%TAG !e! \n---\na", "%TAG e a\n---\na", "%TAG !e! a b\n---\na", "%TAG ! !\n---\n!str a",
    "\ufeffa: b", "\ufeff", "\ufeff# a\nb", "a: \ufeffb", "a\ufeffb: c", "a: b\n\ufeffc: d", "\ufeff\ufeffa", "\ufeff---\na", "\ufeff%YAML 1.1\n---\na",
    "a: \0", "a: \x01", "a: \x7f", "a: \x80", "a: \x85b", "a: \x9f", "a: \xa0", "a: \ud7ff", "a: \ufffe", "a: \uffff", "a: \U0001f600", "a: \U0010ffff", "a: 'x\x1bx'", "a: |\n  x\x07y", "# \x01", "a: \x0bb", "a: \x0cb",
    "a: b\rc: d", "a: b\r\nc: d\r\n", "a: b\r\n\r\nc: d", "a: |\r\n  b\r\n  c\r\n", "a: 'b\r\n  c'", "a: b\r  c", "a: b\u2028c: d", "a: b\u2029  c", "a: b\u2028  c", "a: b\x85  c", "a: b\x85c: d", "a: 'b\u2028c'", "a: 'b\x85c'", 'a: "b\x85\x85c"', 'a: "b\u2028\nc"', 'a: "b\n\u2028c"', "a: |\n  b\x85  c\n", "a: |\n  b\u2028  c\n", "a: |\n  b\u2028\n  c\n", "a: >\n  b\u2028  c\n", "a: >\n  b\x85  c\n", "a: >\n  b\n\u2028  c\n", "- a\x85- b", "- a\u2028- b", "# a\x85b", "# a\u2028b: c", "a:\x85  b", "a:\u2028  b: c", "a\r", "a: \r b", "\r\ra: b", "a: b #c\rd: e", "a: 'b\rc'", "a:\n  b\r\r\n  c",
    "a:\tb", "a: \tb", "a:\t b", "a: b\t", "a: b\tc", "a: b \t#c", "a: b\t#c", "a:\n\tb", "a:\n \tb", "a:\n  b\n\tc", "\ta: b", " \ta", "a\t: b", "a:\t\n  b", "a: \n\t\nb: c", "a: \n \t\nb: c", "- a\n-\tb", "-\ta", "- \ta", "-\t- a", "? a\n:\tb", "?\ta", "[a,\tb]", "[\ta]", "[a\t]", "{a:\tb}", "{\ta: b}", "{a: b\t}", "{a\t: b}", "[a,\n\tb]", "{a: b,\n\tc: d}", "a: |\n\tb", "a: |\n  \tb", "a: |\n \n\t\nb: c", "a: |\t\n  b", "a: | \n  b", "a: |2\t\n  b", "a: >\n  b\n\tc", "a: >\n  b\n  \tc\n  d", "a: 'b\n\tc'", "a: 'b\t\n\tc'", 'a: "b\t\n\t c"', 'a: "b\\\n\tc"', 'a: "\\\tb"', "a: 'b'\t", "a: 'b'\t#c", 'a: "b"\t: c', "a: [b]\t", "a: {b: c}\t\nd: e", "a:\n  - b\n\t- c", "#\ta", "\t# a", "\t\na: b", "a: b\n\t", "a: b\n\t\n", "a: b\n  \t", "a: &x\tb", "a: !!str\tb", "a: *x\t", "\t", "a: b\n\t# c", "a: b\n\t# c\nd: e", "a:\n  b: c\n\t\n  d: e", "- a\n\t\n- b", "a: 'b\n\t\n c'", "a: b\n\n\tc",
    "a: &x 1\nb: *x", "a: &x 1\nb: &x 2", "a: &x 1\nb: &x 2\nc: *x", "a: *x", "a: *x\nb: &x 1", "a: &x [*x]", "&x a: *x", "a: &x\nb: *x", "a: &x b: c", "a: &x\n  b: c", "a: &x\n  - b\nc: *x", "&x\na: b", "&x a: b", "&x [a]: b", "&x - a", "- &x a\n- *x", "- &x\n- *x", "*x : a", "*x: a", "&x a: 1\n*x : 2", "- &x a\n- *x : b", "- &x a\n- {*x : b}", "- &x a\n- {*x: b}", "- &x a\n- [*x, *x]", "- &x a\n- [*x,*x]", "- &x a\n- [*x]", "- &x a\n- {a: *x}", "- &x a\n- {a: *x, b: *x}", "- &x a\n- *x b", "- &x a\n- &y *x", "- &x a\n- !!str *x", "- &x a\n- *x\n  b", "- &x,y a", "- &x: a", "- &x:y a", "- &é a", "- &", "- & a", "- *", "- &x-_1 a\n- *x-_1", "- &1 a\n- *1", "- &x!a b", "- &x\n  a: b\n- *x", "- &x !!str a", "- !!str &x 12", "- !!str !!int a", "- &x &y a", "- &x\n  &y a", "- &x [a]\n- *x", "- &x {a: 1}\n- <<: *x", "&a a: &b b\n*b : *a", "- &x |\n  a\n- *x", "- !!str |\n  12\n", "- &x 'a'\n- *x", "- &x\n\n  a", "a: &x !!map\n  b: c", "a: &x\n- b", "a: !!seq\n- b", "a: &x !!seq\n- b\nc: *x", "a: &x !!str", "a: !!str\nb: !!int", "a: !!null\nb: c", "- !!str\n- !!null\n-", "[!!str, a]", "[!!str , a]", "{!!str a: b}", "{!!str : b}", "{a: !!str}", "{a: !!str }", "{a: !!str , b}", "[&x , *x]", "[&x, *x]", "{&x a: *x}", "{&x : b}", "a: &x\n  *x", "? &x a\n: *x", "? &x\n: a", "! a: b", "!!str a: b\nc: d", "!!map\na: b", "!!map a: b", "!!int 1: b", "? !!str\n: b",
    "a: 1\na: 2", "a: 1\nb: 2\na: 3", "1: a\n1.0: b", "1: a\ntrue: b", "true: a\n1: b\n1.0: c", "0: a\nfalse: b\n-0.0: c", "a: 1\n'a': 2", "~: a\nnull: b", "? ''\n: a\n: b", "2024-01-01: a\n2024-01-01: b", "1: a\n'1': b", ".nan: a\n.nan: b", ".inf: a\n1.0e+400: b", "{a: 1, a: 2}", "[a: 1, a: 2]", "{a, a}", "9007199254740993: a\n9007199254740992.0: b", "9007199254740992: a\n9007199254740992.0: b", "2024-01-01 10:00:00Z: a\n2024-01-01 11:00:00+01:00: b", "2024-01-01 10:00:00: a\n2024-01-01 10:00:00Z: b", "2024-01-01: a\n2024-01-01 00:00:00: b", "yes: a\non: b\ntrue: c", "0x10: a\n16: b\n020: c", "100000000000000000000000: a\n1.0e+23: b", "!!str 1: a\n1: b",
    "a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3", "b:\n  y: 3\n  <<: {x: 1, y: 2}", "<<: {a: 1}\n<<: {a: 2, b: 3}", "<<: [{a: 1}, {a: 2, b: 3}]", "<<: [{a: 1, c: 0}, {b: 3, a: 2}]\nb: 9", "<<: a", "<<: [a]", "<<: [[]]", "<<: []", "<<: {}", "<<:", "<<: ~", "<<", "- <<", "a: <<", "'<<': a", "'<<': {a: 1}", "? <<\n: {a: 1}", "{<<: {a: 1}, b: 2}", "!!merge x: {a: 1}", "!!merge <<: {a: 1}", "!!str <<: {a: 1}", "! <<: {a: 1}", "<<: {<<: {a: 1}, b: 2}\nc: 3", "<<: {a: 1, a: 2}", "a: &a {b: 1, b: 2}\nc: {<<: *a}", "- &a {x: 1}\n- &b {x: 2, y: 2}\n- <<: [*a, *b]\n- <<: [*b, *a]\n- <<: [*a, *b, *a]", "- &a {x: 1, <<: {z: 0}}\n- <<: *a\n- *a", "- &a [{x: 1}, {y: 2}]\n- <<: *a", "&a <<: {b: 1}\nc: *a", "<<: &a {b: 1}\nc: *a", "<<: {1: a}\ntrue: b", "<<: {[a]: b}", "- <<: {a: !foo b}", "a: &a {<<: *a}", "&a a: {<<: {*a : b}}", "<<: {=: a}", "<<: !!map {a: 1}", "<<: !!set {a: 1}", "<<: !!str {a: 1}", "<<: !!seq [{a: 1}]",
    "=", "a: =", "=: a", "- =", "{=: a}", "'=': a", "- '='", "? =\n: a", "[=: a]", "= : a\n= : b",
    "[]", "{}", "[,]", "{,}", "[a,]", "{a,}", "[a,,b]", "[,a]", "{,a}", "{a,,b}", "{a, b: c}", "{a b}", "{a: b c: d}", "[a b]", "{a:1}", "{a:1, b:2}", "{a: 1,b: 2}", "{a:}", "{a: }", "{a:,b}", "{a: ,b}", "{:a}", "{: a}", "{:}", "[:]", "[: a]", "[:a]", "[a:b]", "[a: b]", "[a :b]", "[a : b]", "[a:,b]", "[a:]", "[a:[b]]", "{a:[b]}", "{a:{b}}", "[a:{b}]", '{"a":1}', '{"a":b}', "{'a':b}", '["a":b]', '["a": b]', '{"a"b}', '{"a" b}', '["a" "b"]', "[a, 'b'c]", "[[a]b]", "[[a] b]", "[[a]:b]", "[[a]: b]", "{[a]: b}", "{{a: b}: c}", "{{a}}", "{{ a }}", "a: {{ b }}", "a: {{b}}", "[{{ a }}]", "{a: {b: {c: d}}}", "[a, [b, [c]]]", "[a", "{a", "[a, b", "{a: b", "[a]]", "{a}}", "]", "}", "[a}", "{a]", "[a: b, c: d]", "[a: b: c]", "{a: b: c}", "[?a: b]", "[? a : b]", "[? a]", "[?]", "{?}", "{? a}", "{? a : b}", "{? a : b, ? c}", "{?a: b}", "{a?: b}", "{a?b: c}", "[a?b]", "[a ?b]", "[a ? b]", "[a?]", "{a: b?}", "{a: ?b}", "{? : a}", "[? : a]", "{? }", "[a, - b]", "[- a]", "[-a]", "[-]", "[a, -]", "{- a}", "{a: - b}", "{-a: -b}", "[-,a]", "[--]", "[a: - b]", "[- ]", "{a: |\n b}", "[|]", "[>a]", "[|a]", "[@a]", "[%a]", "[a%b]", "[`a]", "[a#b]", "[a #b]", "[a #b\n]", "[a,#b\n]", "[a, #b\nc]", "[#a\n]", "[\na,\nb\n]", "[\na\nb\n]", "{\na: b,\nc: d\n}", "{a\n: b}", "{a:\nb}", "{a\nb: c}", "[a\n: b]", "[a\nb: c]", "['a'\n: b]", "{'a'\n: b}", "{a: 'b\nc'}", "[a, b]: c", "{a: b}: c", "[a]: b", "[]: a", "{}: a", "? [a]\n: b", "? {a: b}\n: c", "a: [b\n]", "a: [\nb]", "a: [\n]", "a: {\n}", "a: [b]\nc", "a: [b] c", "a: [b]: c", "a: [b]\n- c", "a:\n[b]", "a:\n{b: c}", "- [a]\n- {b}", "- - [a]\n  - {b}", "[---]", "[--- ]", "[\n---\n]", "[\n--- a]", "[a,\n...\n]", "[...]", "[\n...]", "{a: ...}", "{---: a}", "[a\n---\n]", "[=]", "[<<]", "{<<: {a: b}}", "[<<: {a: b}]", "{a: !!str}", "{!!str}", "[!a]", "[!]", "[! ]", "[!,a]", "[a!b]", "[a&b]", "[*]", "[&a]", "[&a ]", "['a']", "['a', \"b\"]", "['a''b']", "['a\n\nb']", "[\"a\\\nb\"]", "[1, 1.0, yes, ~, 2024-01-01, '1']", "[a, b,]", "{a: b,}", "[[],]", "[{},[]]", "[a]\n[b]", "{a}\n{b}", "a [b]", "a{b}", "[a,b]c: d", "[a,b] : c", "- [a,b]: c", "{a: [b, c], d: {e: f}}", "[{a: b, c: d}, {e: f}]", "{a: {}, b: []}", "{ }", "[ ]", "[ , ]", "{ a }", "{ a: }", "{ a : }", "{a: b\n}", "[a\n,b]", "[a\n\n,b]", "[a  ,  b]", "[a\n b\n\n c]", "{a: b\n c\n\n d}", "{a b\n c: d}", "[http://a/b, c]", "{url: http://a/b}", "{a: http://b:80/c}", "[10:30, 1:2]", "[::1]", "[a::b]", "{::1: a}", "{a: ::1}", "[a:: b]", "{a:: b}", "{'a':: b}", "[': a']", "[a,:b]", "[a, :b]", "{a: :b}", "{a: :}", "{a::}", "[x: {a}]", "[x: [a], y]", "[x: , y]", "[x:]", "[x: 'a' 'b']", "{a: [}", "{a: ]}", "[{]", "a: ]", "a: }", "a: ,", "a: b, c", "a: b] c", "a: b} c", "a: [b], c", "- ,", ",", "a: b,", "a,b: c",
    "'a", '"a', "a: 'b", 'a: "b', "a: 'b\nc: d", "a: 'b\nc: 'd'", "'a'b'", "'a' 'b'", "''", "''''", "'''a'", "'a\nb'", "'a\n\nb'", "'a\n \n b'", "'a \n b'", "' a '", "'\na'", "'a\n'", "'\n'", "'\n\n'", "' \n '", "'a\\nb'", "'a: b'", "'a': b", "'a'  : b", "'a\nb': c", "\"a\nb\": c", "'a # b'", "' # '", "a: 'b' c", "a: 'b': c", "- 'a'\n  b", "- 'a'\n- \"b\"", "a: 'b\n c'\nd: e", "a:\n 'b\nc'", "a:\n  'b\n c'", "- 'a\n- b'", "\"\"", '"a\nb"', '"a\n\nb"', '"a \n b"', '"a\\\nb"', '"a \\\n  b"', '"a\\\n\n b"', '"a\\  \nb"', '"\\ a"', '"a\\"', '"a\\"b"', '"\\\\"', '"\\/"', '"\\0\\a\\b\\t\\n\\v\\f\\r\\e"', '"\\N\\_\\L\\P"', '"\\x41\\u0041\\U00000041"', '"\\x4"', '"\\xzz"', '"\\u004"', '"\\ud800"', '"\\ud83d\\ude00"', '"\\udc00x"', '"\\U0001F600"', '"\\U00110000"', '"\\UFFFFFFFF"', '"\\x00"', '"\\x85\\xa0"', '"\\c"', '"\\\'"', '"\\d"', '"\\."', '"\\ "', '"\\  a"', '"a\\\r\nb"', '"a\r\nb"', "\"'\"", "'\"'", '"a\t\tb"', '"a \t\n\t b"', '"\n\\n"', '"a\\n\nb"', '"a\\t\n b"', '"a  \\n  b"', '"\\uFEFF"', '"\\uFFFF"', '"%"', '"@"', "'%'", "'---'", "\"---\"", '"\n---\n"', '"\n --- "', "'\n...\n'", '"#a"', '"a#"', '"a"#b', '"a" #b', '"a": "b"', '"a":b', '"a" : "b"', 'a: "b":c',
    "|\n a", "|\na", "a: |\nb", "a: |\n b", "a: |\n b\n", "a: |\n b\n\n", "a: |\n b\n\n\n", "a: |-\n b\n\n", "a: |+\n b\n\n", "a: |+\n b\n\nc: d", "a: |-\n b\n\nc: d", "a: |\n b\n\nc: d", "a: |\n", "a: |", "a: |+", "a: |+\n", "a: |+\n\n", "a: |+\n\n\n", "a: |-\n\n", "a: |\n\n\n", "a: |\n\n b", "a: |\n  \n b", "a: |\n   \n b", "a: |\n   \n  b\n", "a: |\n b\n  c\n d", "a: |\n  b\n c", "a: |\n  b\n c: d", "a: |1\n b", "a: |1\n  b", "a: |2\n b", "a: |2\n  b", "a: |2\n   b", "a: |2\n\n   b", "a: |2-\n   b\n", "a: |-2\n   b\n", "a: |+2\n   b\n\n", "a: |2+\n   b\n\n", "a: |9\n b", "a: |0\n b", "a: |10\n b", "a: |12\n b", "a: |--\n b", "a: |+-\n b", "a: |-2-\n b", "a: |a\n b", "a: | a\n b", "a: |  # c\n b", "a: |# c\n b", "a: |- # c\n b", "a: |-#c\n b", "a: |2 # c\n   b", "a: | \n b", "a: >\n b\n c", "a: >\n b\n\n c", "a: >\n b\n\n\n c", "a: >\n b\n  c\n d", "a: >\n b\n\n  c\n\n d", "a: >\n  b\n\n   c\n   d\n\n  e\n", "a: >\n\n b", "a: >-\n b\n c\n", "a: >+\n b\n c\n\n", "a: >2\n   b\n  c", "a: >\n b \n c", "a: >\n b\n \n c", "a: >\n b\n   \n c", "a: >\n b\n \tc\n d", "a: >\n \tb\n c", "a: >\n b\n - c\n - d", "a: |\n # b\n c", "a: |\n b # c", "a: |\n b\n# c\n d", "a: |\n b\n # c\n", "a: |\n b\n# c\nd: e", "a: |\n  b\n # c\nd: e", "- |\n a\n- >\n b", "- |\n  a\n b", "- - |\n   a\n  - b", "- |2\n    a", "- |1\n  a", "- a: |\n    b\n  c: d", "- a: |\n  b\n", "- a: |\n   b\n", "a:\n  b: |\n    c\n   d\n  e: f", "a:\n  b: |\n  c", "a:\n  b: |1\n    c", "a:\n  b: |2\n    c", "a:\n  b: |\n   c\n    d\n", "? |\n a\n: |\n b", "|\n a\n b", "|\n a\nb", ">\n a\n b", "| a", "--- |\n a\n b\n", "--- >\n a\nb\n", "--- |\na\nb\n", "--- |1\n a\n", "--- |1\na\n", "a: |\n b: c\n  d\n", "a: |\n 'b\n", "a: |\n \"b\n", "a: |\n [b\n", "a: |\n ---\n", "a: |\n---\n", "a: |\n b\n---\n", "a: |\n ...\n b", "a: |\n...\n", "a: |\n b\n...\n", "a: &x |\n b\nc: *x", "a: !!str |\n 12", "a: !!int |\n 12", "a: !!int |-\n 12", "a: |\n  b\n\n \n\nc: d", "a: |+\n  b\n\n \n\nc: d", "a: |+\n  b\n \n  \n   \nc: d", "a: |\n  b\n   \n", "a: |\n  b\n   \n\n", "a: |\n     \n  b", "a: |\n\n\n", "a: >\n\n\n b\n\n\n", "a: |\r\n b\r\n c\r\n", "a: |\n b\\\n c", "a: |\n  b\n  ", "a: |\n  b\n ", "a: |\n  b\n    ", "a: |\n  ", "a: |\n  \nb: c", "a: |+\n  \n  \nb: c", "a: >\n  \nb: c", "a: >+\n  b\n  \n\n  c\n\n", "- |\n\n- a", "- |+\n\n- a", "- >\n\n\n- a", "a: |\n é\n ü", "a: |\n b\n é: c", "a: |\n  b\né: c",
    "a", "a\n", " a", "  a\n", "a\nb", "a\n b", "a\n\nb", "a\n\n b", "a \n b", "a\n  \n b", "a #c\nb", "a\n#c\nb", "a\n #c\n b", "a: b\n c", "a: b\n  c", "a: b\nc", "a: b\n c: d", "a: b\n  c: d", "a:\n b\n c", "a:\n b\nc", "a:\n  b\n c", "a:\n  b\n  c: d", "a: b #c\n d", "a: b\n #c\n d", "a: b\n\n c", "a: b\n\n\n c", "a: b: c", "a: b : c", "a: b :c", "a: b:", "a: b: ", "a:b", "a:b: c", "a :b", "a : b", "a:", "a: ", "a :", ":", ": a", ":a", ": a: b", ":: a", "- : a", "- :", "a: - b", "a: -b", "a: -", "a: ? b", "a: ?b", "a: ?", "a: : b", "a: :b", "a: :", "a:\n- b", "a:\n- b\n- c\nd: e", "a:\n  - b\n  - c", "a:\n  - b\n - c", "a:\n - b\n  - c", "a:\n- b\n c", "a:\n- b\n  c", "a:\n- b: c\n  d: e", "a:\n- b: c\n d: e", "a:\n-", "a:\n-\n-", "a:\n- \nb:", "a:\n -\n -\n", "- a", "-", "- ", "-\n-", "- a\n-", "-\n- a", "-a", "- -", "- - a", "- - a\n  - b", "- - a\n - b", "- - a\n   - b", "-- a", "- -- a", "- a\n - b", "- a\n  - b", " - a\n- b", " - a\n - b", "- a\nb", "- a\nb: c", "a: b\n- c", "- a: b\n  c: d", "- a: b\n c: d", "- a: b\n   c: d", "- a:\n  b", "- a:\n  b: c", "- a:\n    b: c", "- a:\n  - b", "- a:\n - b", "- a:\n- b", "-\n a: b", "-\na: b", "- \n  - a", "- a b\n  c\n- d", "- a\n\n\n- b", "- a\n# c\n- b", "- a\n  # c\n- b", "- # c\n  a", "- # c\n- a", "-#c", "a: #c\n  b", "a: #c\nb: d", "a:#c", "a: b#c", "a: b #c", "a #c: b", "a: # c", "#a: b\nc: d", "a: b\n#c\n", "a:\n  #c\n  b: d", "a:\n#c\n  b: d", "a:\n  b: c\n #d\n  e: f", "a:\n  b: c\n#d", "? a", "? a\n: b", "? a\n:b", "? a\nb: c", "? a\n? b", "? a\n: b\n? c\n: d", "?\n: b", "? \n", "?", "? a: b\n: c", "? - a\n: - b", "? - a\n- b", "? a\n  b\n: c", "? a :\n: b", "? a\n : b", " ? a\n: b", "? a\n: b: c", "? a\n: b\n  c", "? |\n  a\n: b", "? ? a\n  : b\n: c", "? ? a", "?a: b", "? a # c\n: b", "? a\n# c\n: b", "- ? a\n  : b", "- ? a\n: b", "- ? a\n - b", "? a\n\n: b", "a\n: b", "'a'\n: b", "a b: c", "a b : c", "a\nb: c", "a: b\nc\nd: e", "a: b\nc d", "a: b\n c\nd: e", "a: 1\nb\n", "a: 1\nb\nc: 2", "a:\n  b\nc", "a:\n  b: 1\n  c\n  d: 2", "a\tb: c", "- a: b: c", "- a : b", "a: 'b' : c", "a: b\n  : c", "a: b\n: c", "a\n- b", "a:\n  b:\n    c: d\n   e: f", "a:\n  b: c\n d: e", "a:\n    b: c\n  d: e", " a: b\nc: d", "  a: b\n c: d", "a: b\n c: d\ne: f", "a:\n  b: c\n  d\n", "- a\n- b\n c: d", "a: %b", "a: @b", "a: `b", "%a: b", "@a: b", "`a: b", "a: b%c", "a: b\n%c: d", "a: \n  %b", "- %a", "- @a", "!a b", "a: !b c", "a: ! b", "!", "a: !", "- !\n- a", "a: \"b\n  c: d", "a: b\"c\"", "a: b'c'", "a: |b\n c", "a: >b", "a: &b", "a: *b", "a: * b", "*", "a: [b: c, d]", "a: {b, c}", "a: b {c: d}", "a: b [c]", "a: {b: c} d", "a: \\", "a: b\\", "a: b\\nc", "a: #", "a: '#'", "a: ##", "a: b##c", "a: b # # c", "a: 'b' # c", "a: -", "a: --", "a: ---", "a: - - b", "a: -1", "a: - 1", "a: ---b", "a: ...", "--- ---", "a: b\n-", "a:\n  - b\n  c: d", "a:\n  - b\n  c", "a:\n  c: d\n  - b", "a:\n- b\nc", "a: [b]\n  c: d", "a: 'b'\n  c: d", "a: |\n  b\n  c: d\n e", "a: b\n\n\n", "\n\n\na: b", "  \n  \na: b", "# x\n\n# y\na: b\n# z", "a: b\n    # c\n  # d\n# e", "a:\n\n  b: c\n\n\n  d: e\n\n", "a : b\nc   :   d", "a: b   \nc: d  ", "'a': 'b'\n\"c\": \"d\"", "a:\n    - b\n    -   - c\n        - d\n    - e", "a: 1\n\n# c\n\nb: 2", "é: ü\n日: 本", "é:\n  - [é,\né] x", "a: [é,\n é] : x", "- é: 1\n  b: 2", "a b c: d e f", "a-b_c.d/e: f", "a@b: c", "a%b: c", "'a' b: c", "a 'b': c", "a \"b\": c", "- 'a': b", "- \"a\" b: c", "a: b: 'c'", "a: http://b: c", "a: b:c:d", "time: 12:30:45", "a: 12:30", "a: C:\\x", "image: a:b", "cmd: echo a: b", "cmd: echo a : b", "cmd: echo a:b", "cmd: echo 'a: b'", "cmd: 'echo a: b'", "args: [-c, echo a: b]", "args: [\"-c\", \"a: b\"]", "a: {b: c", "a: [b\nc: d", "a: {b: c\nd: e", "a: b}\n", "a: b]\n",
    "a" * 1024 + ": b", "a" * 1025 + ": b", "é" * 1024 + ": b", "é" * 1025 + ": b", "'" + "a" * 1022 + "': b", "'" + "a" * 1023 + "': b", "x: y\n" + "a" * 1030 + ": b", "a" * 1020 + "    : b", "a" * 1020 + "     : b", "{" + "a" * 1024 + ": b}", "{" + "a" * 1025 + ": b}", "[" + "a" * 1025 + ": b]", "[" + "a, " * 341 + "]: b", "- " + "a" * 1025 + ": b", "? " + "a" * 1025 + "\n: b", "a: " + "b" * 3000, "a: '" + "b" * 3000 + "'", "{a: [" + "b, " * 400 + "]}", "{a: [" + "b, " * 400 + "], c: d}", "&x " + "a" * 1022 + ": b", "&x " + "a" * 1021 + ": b",
    "[" * 30 + "]" * 30, "- " * 30 + "a", "{a: " * 30 + "b" + "}" * 30, "? " * 5 + "a",
    "- !!str [a]", "- !!seq a", "- !!map a", "- !!map [a]", "- !!seq {a: b}", "- !!int [1]", "- !!null [a]", "- !!null foo", "- !!bool foo", "- !!int ''", "- !!float ''", "- !!timestamp a", "!!str {=: x}", "!!int {=: 12}", "!!map {=: x}", "!!int '١٢'", "!!set [a]", "!!omap a", "!!pairs {a: 1}", "!!binary é", "a: !!set {b, c}", "a: !!omap [b: c]", "a: !!pairs [b: c]", "a: !!binary aGVsbG8=", "- !foo\n- a", "- !foo [a]", "- !foo {a: b}", "- !!python/object:os.system a", "- !!str\n  a", "- !!str\n\n  a\n- b", "- !!str # c\n  a",
    "workflow:\n  name: w\n  tasks:\n  - name: t\n    image: a:b\n    command: [bash, -c]\n    args:\n    - |\n      echo a: b\n      exit 0\n    environment: {A: '1', B: \"x\"}\n    files:\n    - path: /tmp/x\n      contents: |-\n        #!/bin/bash\n        set -e\n",
    "workflow:\n  name: w\n  resources:\n    default: {cpu: 1, gpu: 0, memory: 1Gi}\n  groups:\n  - name: g\n    tasks:\n    - {name: a, lead: true, image: x, command: [sleep, '1']}\n    - name: b\n      image: x\n      command: [\"sh\"]\n      args: [\"-c\", \"echo {{host:a}}\"]\n  timeout:\n    exec_timeout: 1h\n    queue_timeout: 2024-01-01\n",
]


# Forms that nothing random is made of, so that what a seed gives stays the same.
FORMS = [
    "off", "", "0b101", "12:30", "1:30:45", "1.5e3", "5.", '"1"', "100m", "1Gi", "123456789012345678901", "!!str 1", "|\n  a\n  b", ">\n  a\n  b",
    '"a\\\n  b"', "@x", "`x", "%x", "[a, b]", "{a: 1}", "x #c", "'it''s'", '"\\u00e9"', "! 1", "0.", "685_230.15",
]


def by_hand():
    for line in SCALARS:
        for s in line.split():
            yield from in_places(s)
    for s in SPACED:
        yield from in_places(s)
    for tag in TAGS:
        for v in TAGGED:
            yield "!!%s %s" % (tag, v)
    yield from DOCS
    for s in FORMS:
        yield "k: " + s + "\n"


def in_places(s):
    yield "k: " + s
    yield "- " + s + "\n- z"
    yield "{k: " + s + ", z: z}"
    yield s + ": v"
    yield "[" + s + "]"


# ------------------------------------------------------- values in any style

WORDS = ["a", "b", "x y", "yes", "12", "0x1F", "1.5", "~", "null", "2024-01-01", "a:b", "a: b", "a #b", "#", "", " ", "-", "- a", "?", "é", "日本", "a\nb", "a\n\nb\n", "a\n", "\n", " a\n b\n", "a  b", "<<", "=", "1:30", "'", '"', "\\", "[", "]", "{", "}", ",", "a,b", "&a", "*a", "!a", "%", "@", "`", "|", ">", "---", "...", "a\tb", "\t", "http://a/b", "{{x}}", "x" * 90, "012", "1e3", "True", ".inf", "a\n  b\nc\n", "key", "name", "A_B"]


class Writer:
    """Writes random values in random styles; most come out as valid YAML."""

    def __init__(self, rng):
        self.rng = rng
        self.anchors = 0

    def document(self):
        r = self.rng.random()
        text = self.block(0, 0) if r < 0.8 else self.flow(0) + "\n"
        if self.rng.random() < 0.08:
            text = self.rng.choice(["---\n", "--- # c\n", "%YAML 1.1\n---\n", "# c\n", "\n"]) + text
        if self.rng.random() < 0.05:
            text += self.rng.choice(["...\n", "# c\n", "\n\n", "---\n", "  "])
        return text

    def props(self):
        r = self.rng.random()
        if r < 0.04:
            self.anchors += 1
            return "&a%d " % self.anchors
        if r < 0.07:
            return self.rng.choice(["!!str ", "! ", "!!int ", "!!map ", "!!seq ", "!!float ", "!!null "])
        return ""

    def block(self, indent, depth):
        """A block node that begins at the start of a line."""
        kind = self.rng.random()
        if depth > 3 or kind < 0.1:
            return " " * indent + self.scalar(indent) + "\n"
        out = []
        for _ in range(self.rng.randint(1, 3)):
            if self.rng.random() < 0.06:
                out.append(self.rng.choice(["\n", "# c\n", " " * indent + "# c\n", "  \n"]))
            head = "-" if kind < 0.4 else self.key(indent) + self.rng.choice([":"] * 9 + [" :"])
            out.append(" " * indent + head + self.value(indent, depth, kind < 0.4))
        return "".join(out)

    def key(self, indent):
        r = self.rng.random()
        if r < 0.75:
            return self.rng.choice("abcdefgh") * self.rng.randint(1, 3)
        if r < 0.8:
            return self.flow(2)
        if r < 0.82:
            return "<<"
        if r < 0.84:
            return "? " + self.rng.choice("abc") + "\n" + " " * indent
        return self.props() + self.inline(self.rng.choice(WORDS))

    def value(self, indent, depth, in_seq):
        r = self.rng.random()
        comment = self.rng.choice([""] * 12 + [" # c", "  "])
        if r < 0.35:
            deeper = indent + self.rng.choice([1, 2, 2, 2, 4] if in_seq else [0, 1, 2, 2, 2, 4])
            inner = self.block(deeper, depth + 1)
            if in_seq and self.rng.random() < 0.6:
                return " " * (deeper - indent - 1) + inner[deeper:] if inner.startswith(" " * deeper) and deeper > indent + 1 else "\n" + inner
            return " " + self.props().strip() + comment + "\n" + inner
        if r < 0.5:
            return " " + self.props() + self.flow(depth) + comment + "\n"
        if r < 0.65:
            return " " + self.props() + self.block_scalar(indent)
        if r < 0.7:
            return comment + "\n"
        if r < 0.73 and self.anchors:
            return " *a%d\n" % self.rng.randint(1, self.anchors)
        return " " + self.props() + self.scalar(indent) + comment + "\n"

    def block_scalar(self, indent):
        text = self.rng.choice(WORDS) + self.rng.choice(["", "\n"]) + self.rng.choice(WORDS)
        header = self.rng.choice("|>") + self.rng.choice(["", "", "-", "+"])
        by = self.rng.choice([1, 2, 2, 4])
        if self.rng.random() < 0.1:
            header += str(self.rng.choice([1, 2, 2, 4]))
        lines = [(" " * (indent + by) + l if l or self.rng.random() < 0.2 else l) for l in text.split("\n")]
        return header + "\n" + "\n".join(lines) + "\n" * self.rng.randint(0, 3)

    def scalar(self, indent):
        text = self.rng.choice(WORDS)
        if self.rng.random() < 0.15:
            text += " " + self.rng.choice(WORDS)
        return self.inline(text, "\n" + " " * (indent + self.rng.choice([0, 1, 2])))

    def inline(self, text, newline="\n "):
        r = self.rng.random()
        if r < 0.5:
            return text.replace("\n", newline)
        if r < 0.75:
            return "'" + text.replace("'", "''").replace("\n", newline) + "'"
        if r < 0.9:
            return json.dumps(text, ensure_ascii=self.rng.random() < 0.5)
        return '"' + text.replace("\n", newline) + '"'

    def flow(self, depth):
        r = self.rng.random()
        if depth > 3 or r < 0.3:
            return self.inline(self.rng.choice(WORDS))
        space = self.rng.choice(["", " ", " ", "\n "])
        items = []
        for _ in range(self.rng.randint(0, 3)):
            item = self.props() + self.flow(depth + 1)
            if r < 0.65 or self.rng.random() < 0.1:
                item += self.rng.choice([": ", ": ", ":", " : "]) + self.flow(depth + 1)
            items.append(item)
        body = ("," + space).join(items) + self.rng.choice([""] * 9 + [","])
        return "{" + body + "}" if r < 0.65 else "[" + body + "]"


# ----------------------------------------------------------- soups, mistakes

TOKENS = ["a", "b", "1", ":", ": ", "- ", "-", "? ", "?", ", ", ",", "[", "]", "{", "}", "\n", "\n", "\n ", "\n  ", " ", "  ", "\t", "#", " # ", "'", '"', "|\n", ">\n", "|-\n", "&a ", "*a", "*a ", "!!str ", "! ", "!a ", "<<: ", "=", "---", "\n---\n", "\n...\n", "%", "@", "\\", "\\n", "\r\n", "a: ", "b: ", "a: b\n", "- a\n", "  - a\n", "  b: c\n", "'x'", '"y"', "[a]", "{a: b}", "~", "yes", "é", "\x85", "\u2028", "0x", ".", "2024-01-01", "\r"]
NASTY = ["\t", " ", "  ", "\n", ":", ": ", "- ", "-", "'", '"', "[", "]", "{", "}", ",", "#", " #", "?", "? ", "|", ">", "&a ", "*a", "!", "%", "@", "`", "\\", "a", "---", "...", "=", "<<", "\n\n", "\r", "{{ x }}", "\n ", "!!str "]


def soup(rng):
    return "".join(rng.choice(TOKENS) for _ in range(rng.randint(1, 12)))


def mistake(rng, text):
    for _ in range(rng.choice([1, 1, 1, 2])):
        at = rng.randint(0, len(text))
        r = rng.random()
        if r < 0.35:
            text = text[:at] + text[at + rng.choice([1, 1, 2]):]
        elif r < 0.8:
            text = text[:at] + rng.choice(NASTY) + text[at:]
        else:
            lines = text.split("\n")
            i = rng.randrange(len(lines))
            lines[i] = rng.choice([" " + lines[i], lines[i][1:], "\t" + lines[i].lstrip(), lines[i].strip()])
            text = "\n".join(lines)
    return text


def documents(seed, count):
    rng = random.Random(seed)
    valid = [d for d in DOCS if len(d) < 700]
    yield from by_hand()
    for _ in range(count):
        r = rng.random()
        if r < 0.4:
            yield Writer(rng).document()
        elif r < 0.6:
            yield soup(rng)
        elif r < 0.8:
            yield mistake(rng, Writer(rng).document())
        else:
            yield mistake(rng, rng.choice(valid))


# ------------------------------------------------------------------ answers

def dump(v, inside=()):
    """The value with its types: numbers that are not int, dates, mappings and
    what has no JSON of its own are objects with one key."""
    if v is None or isinstance(v, (bool, int, str)):
        return v
    if id(v) in inside:
        return {"recursive": True}
    inside = inside + (id(v),)
    if isinstance(v, float):
        return {"float": repr(v)}
    if isinstance(v, (datetime.date, datetime.datetime)):
        return {"date": str(v)}
    if isinstance(v, list):
        return [dump(x, inside) for x in v]
    if isinstance(v, dict):
        return {"dict": [[dump(k, inside), dump(x, inside)] for k, x in v.items()]}
    return {"other": type(v).__name__}


def answer(text):
    line = {"in": text}
    try:
        line["out"] = dump(yaml.safe_load(text))
    except Exception as e:  # what is refused is refused, however
        line["err"] = type(e).__name__
        mark = getattr(e, "problem_mark", None) or getattr(e, "context_mark", None)
        if mark is not None:
            line["at"] = [mark.line + 1, mark.column + 1]
    return line


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--count", type=int, default=2100)
    args = args.parse_args()
    seen = set()
    for text in documents(args.seed, args.count):
        try:
            text.encode()
        except UnicodeEncodeError:
            continue
        if text not in seen:
            seen.add(text)
            print(json.dumps(answer(text), separators=(",", ":")))


if __name__ == "__main__":
    main()
