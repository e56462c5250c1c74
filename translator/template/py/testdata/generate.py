"""Records what Python 3.11 answers, for the tests of package py.

Run it here, `python3.11 generate.py`. Each line of the files it writes is
[operation, arguments, answer]: the arguments are Python literals, which the
test reads itself, and the answer is a repr() or "!", the class and the text of
an exception. unicode.jsonl is about all characters there are.
"""

import itertools
import json
import math
import operator
import random
import string
import sys

assert sys.version_info[:2] == (3, 11), sys.version
rng = random.Random(11)

NAMES = {
    "nan": math.nan,
    "inf": math.inf,
    "dict_keys": lambda d: d.keys(),
    "dict_values": lambda d: d.values(),
    "dict_items": lambda d: d.items(),
}


def call(self, name, args, kwargs):
    """The result, and what has become of an object that can change."""
    result = getattr(self, name)(*args, **kwargs)
    return (result, self) if isinstance(self, (list, dict, set)) else result


class Formatter(string.Formatter):
    """As Jinja's SandboxedFormatter, with Python's own look-ups."""

    def get_field(self, field_name, args, kwargs):
        import _string

        first, rest = _string.formatter_field_name_split(field_name)
        obj = self.get_value(first, args, kwargs)
        for is_attr, name in rest:
            obj = getattr(obj, name) if is_attr else obj[name]
        return obj, first


TESTS = "isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper".split()
CASES = "capitalize casefold lower swapcase title upper".split()

OPERATIONS = {
    "tests": lambda s: tuple(getattr(s, name)() for name in TESTS),
    "cases": lambda s: tuple(getattr(s, name)() for name in CASES),
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda a, b: a in b,
    "neg": operator.neg,
    "pos": operator.pos,
    "abs": abs,
    "getitem": operator.getitem,
    "slice": lambda v, start, stop, step: v[start:stop:step],
    "dict": lambda pairs: dict(pairs),
    "str": str,
    "ascii": ascii,
    "bool": bool,
    "len": len,
    "list": list,
    "sorted": lambda v, reverse: sorted(v, reverse=reverse),
    "int": int,
    "float": float,
    "round": round,
    "floor": math.floor,
    "ceil": math.ceil,
    "format": format,
    "call": call,
    "attr": getattr,
    "str.format": lambda s, args, kwargs: s.format(*args, **kwargs),
    "format_map": lambda s, mapping: s.format_map(mapping),
    "Formatter": lambda s, args, kwargs: Formatter().vformat(s, args, kwargs),
}


def answer(operation, args):
    try:
        return repr(OPERATIONS[operation](*eval("(" + args + ",)", NAMES)))
    except Exception as e:
        return "!" + type(e).__name__ + ": " + str(e)


class File:
    def __init__(self, name):
        self.name, self.lines, self.seen = name, [], set()

    def __enter__(self):
        return self

    def add(self, operation, *args):
        if operation == "**" and not all(abs(eval(a, NAMES)) < 2000 for a in args if a.lstrip("-").isdigit()):
            return  # which takes for ever
        if operation == "-" and args[0][:2] in ("'a", "'b") and args[0] != "'a'":
            return  # the order of strings in a set is random
        args = ", ".join(args)
        got = answer(operation, args)
        if (operation, args) in self.seen or len(got) > 700 or "object at 0x" in got or got.startswith("!SyntaxError"):
            return
        self.seen.add((operation, args))
        self.lines.append(json.dumps([operation, args, got], ensure_ascii=False))

    def grid(self, operation, *columns, most=None):
        cases = list(itertools.product(*columns))
        if most and len(cases) > most:
            cases = rng.sample(cases, most)
        for case in cases:
            self.add(operation, *case)

    def __exit__(self, *error):
        with open(self.name + ".jsonl", "w", encoding="utf-8") as f:
            f.write("\n".join(self.lines) + "\n")
        print(self.name, len(self.lines), "cases")


INTS = ["0", "1", "-1", "2", "-7", "10", "255", "-(2**63)", "2**63-1", "2**63", "2**53+1", "10**25", "-(10**30)", "True", "False"]
INTS = [str(eval(i)) for i in INTS]
FLOATS = ["0.0", "-0.0", "0.1", "-1.5", "2.0", "2.5", "1e16", "1e300", "5e-324", "1.7976931348623157e+308", "123456.789", "nan", "inf", "-inf"]
NUMBERS = INTS + FLOATS
OTHERS = ["None", "''", "'a'", "'ab'", "'b%s'", "[]", "[1]", "[1, 'a']", "()", "(1,)", "(1, 2)", "{}", "{'a': 1}", "{1: 2}", "range(0, 3)", "dict_keys({'a': 1})", "dict_items({'a': 1})", "dict_values({'a': 1})", "{1, 2}", "{'a'}"]
MIXED = ["1", "2.5", "True"] + OTHERS
ARITHMETIC = ["+", "-", "*", "/", "//", "%", "**"]
ORDER = ["<", "<=", ">", ">="]


def random_float():
    kind = rng.randrange(5)
    if kind == 0:
        return repr(rng.uniform(-10, 10))
    if kind == 1:
        return repr(round(rng.uniform(-1000, 1000), rng.randrange(4)))
    if kind == 2:
        return repr(rng.uniform(1, 10) * 10.0 ** rng.randrange(-300, 300))
    if kind == 3:
        return repr(rng.randrange(1, 1000) / 2 ** rng.randrange(1, 12))
    return repr(float(rng.randrange(-(10**18), 10**18)))


def operators():
    with File("operators") as f:
        for op in ARITHMETIC:
            f.grid(op, NUMBERS, NUMBERS, most=90)
            f.grid(op, MIXED, MIXED, most=30)
            for _ in range(12):
                f.add(op, random_float(), random_float())
            for _ in range(8):
                f.add(op, str(rng.randrange(-(10**rng.randrange(1, 60)), 10**40)), str(rng.randrange(1, 10**rng.randrange(1, 50))))
        for _ in range(70):
            f.add("**", repr(abs(float(random_float()))), repr(rng.choice([0.5, 0.25, 1.5, -0.5, 1 / 3, -3.0, 7.0, 40.0, rng.uniform(-4, 4)])))
        for n in range(-30, 31):
            f.add("**", "10", str(n))
            f.add("**", "2", str(n * 40))
        f.grid("/", ["1", str(2**54 + 1), str(10**400), str(10**20)], ["3", "7", str(10**390 + 1), str(2**60 - 1), str(10**345)])
        for op in ["neg", "pos", "abs", "bool", "floor", "ceil", "str"]:
            f.grid(op, NUMBERS + OTHERS)
        f.grid("/", ["0", "False"], [str(-(2**63)), str(2**64), "-3", "-3.5"])
        f.grid("*", ["'ab'", "''", "[1, 2]", "(1,)", "'é'"], ["0", "-1", "3", "True", str(10**30)])
        f.grid("+", ["'ab'", "[1]", "(1,)"], ["'é'", "[2]", "(2,)", "None"])


def comparisons():
    with File("comparisons") as f:
        for op in ORDER + ["=="]:
            f.grid(op, NUMBERS, NUMBERS, most=50)
            f.grid(op, MIXED, MIXED, most=30)
        nested = ["[1, 2]", "[1, 3]", "[1]", "[1, 'a']", "[1.0, True]", "(1, (2, 3))", "(1, (2, 4))", "(1, None)", "{'a': [1]}", "{'a': [1.0]}", "{1: 'x', 'b': 2}", "{'b': 2, True: 'x'}", "[[1], [2]]", "range(0, 10, 3)", "range(0, 12, 3)", "range(0, 11, 3)", "range(5, 5)", "range(0, 0)"]
        for op in ORDER + ["=="]:
            f.grid(op, nested, nested, most=60)
        f.grid("==", [str(2**53), str(2**53 + 1), str(10**22), str(10**23), str(2**1023)], ["9007199254740992.0", "1e22", "1e23", "8.98846567431158e+307", "inf", "nan"])
        f.grid("<", [str(2**53), str(2**53 + 1), str(10**22), str(10**23), str(2**1023)], ["9007199254740992.0", "1e22", "1e23", "8.98846567431158e+307", "inf", "-inf", "nan"])
        strings = ["'a'", "'A'", "'é'", "'z'", "''", "'aa'", "'\\U0001f600'", "'\\uffff'"]
        f.grid("<", strings, strings)
        sets = ["set()", "{1}", "{1, 2}", "{1, 2, 3}", "dict_keys({1: 0})", "dict_keys({1: 0, 2: 0})", "dict_items({1: 2})", "dict_items({1: [2]})", "{(1, 2)}", "dict_values({1: 2})"]
        for op in ["<", "<=", ">", "==", "-"]:
            f.grid(op, sets, sets, most=45)
        f.grid("-", ["[1]", "'a'", "1", "None"], ["dict_keys({1: 0})", "dict_items({})", "{1}"])
        f.grid("in", ["1", "1.0", "'a'", "'b'", "''", "None", "[]", "(1, 2)", "nan", "('a', 1)", "('a', [])", "True", "2.5", str(10**30)], OTHERS + ["'xay'", "[1, 2, nan]", "[[]]", "range(1, 100, 3)", "range(5, -5, -2)", "1", "{(1, 2): 3}", "dict_items({'a': []})"], most=130)
        f.grid("in", ["4", "5", "-1", "-3", "5.0", "4.5", "False", "'4'"], ["range(1, 100, 3)", "range(5, -5, -2)", "range(0, 0)"])
        f.add("in", "nan", "[1, 2, nan]")
        lists = ["[3, 1, 2]", "[]", "[1, 'a']", "['a', 1]", "[3, 2, 'a', 1]", "['b', 'a', 'C']", "[2, 1.5, True]", "[[2], [1, 5], [1]]", "[(1, 'b'), (1, 'a')]", "[None, 1]", "[1, 2, None]", "'hello'", "{'b': 1, 'a': 2}", "[{}, {}]", "range(5, 0, -1)", "[1, 1.0, True, 0]", "[0, 1, True, 1.0]", "3"]
        f.grid("sorted", lists, ["False", "True"])
        for _ in range(16):
            items = [rng.choice([str(rng.randrange(50)), repr(rng.randrange(100) / 2), "True"]) for _ in range(rng.randrange(1, 140))]
            f.add("sorted", "[" + ", ".join(items) + "]", rng.choice(["True", "False"]))
        for _ in range(20):
            items = [str(i) for i in range(rng.randrange(3, 20))]
            items[rng.randrange(len(items))] = "'x'"
            rng.shuffle(items)
            f.add("sorted", "[" + ", ".join(items) + "]", "False")


def texts():
    """str, repr and what makes values of values."""
    strings = [
        "", "a'b", 'a"b', "a'b\"c", "tab\tnew\nret\r", "\\", "\0\x01\x1f\x7f", "\x80\x85\xa0\xad", "é", "\u0378", "\u200b\u2028", "\ue000", "\ufeff", "\U0001f600", "\U000e0001", "\U0010ffff", "日本", "a\u0301", "\u1e4d0", "ß", "\ud7ff", "\u0cf3", "\U0001fae8",
    ]
    with File("texts") as f:
        for s in strings:
            f.add("list", "(" + repr(s) + ", 'x')")
            f.add("ascii", repr(s))
            f.add("str", "[" + repr(s) + "]")
        values = NUMBERS + OTHERS + [
            "[[], [[]], ()]", "((),)", "({},)", "{1: {2: {3: ()}}}", "dict_keys({})", "dict_values({'a': [1]})", "dict_items({'a': 1, 2: None})", "dict_items({})", "range(0, 3, 2)", "range(5, -1, -1)", "set()", "[1.0, -0.0, nan, inf, -inf]", "{None: True}", "{(1, 2): 'x', 1.5: []}", "[None, True, False]",
        ]
        for op in ["str", "ascii", "bool", "len", "list", "int", "float"]:
            f.grid(op, values)
        pairs = ["1", "1.0", "True", "0", "False", "'1'", "'a'", "None", "(1, 2)", "(1.0, 2)", "[]", "{}", "2.5", str(2**70), "1180591620717411303424.0", "((), 'x')", "range(0, 3)", "range(0, 3, 1)", "{1}", "dict_keys({})", "('a', [])"]
        for _ in range(90):
            f.add("dict", "[" + ", ".join("(%s, %d)" % (rng.choice(pairs), i) for i in range(rng.randrange(1, 7))) + "]")
        f.grid("dict", ["1", "[1]", "[(1, 2, 3)]", "['ab', 'cd']", "['abc']", "{'a': 1}", "'ab'", "[[1, 2], (3, 4)]", "[{1: 2, 3: 4}]"])
        for op in ["str", "bool", "float", "ascii"]:
            f.grid(op, ["10**4300", "[10**4300]", "2**14285", "10**309"])
        f.grid("format", ["10**4300", "10**5000"], ["'d'", "'x'", "'f'", "'5'", "','"])
        f.grid("%", ["'%d'", "'%s'", "'%.1f'", "'%r'"], ["10**4300"])
        f.grid("==", ["10**4300"], ["10**4300", "10**4301", "inf"])
        for _ in range(90):
            f.add("str", random_float())
        for e in range(-30, 31, 2):
            f.add("str", repr(10.0**e))
            f.add("str", repr(-1.2345 * 10.0**e))
        numbers = [
            "", " ", "0", "1", "-1", "+1", " 12 ", "\t12\n", "1_000", "_1", "1_", "1__0", "0x10", "0b1", "0o7", "1.5", "1e5", "1.", ".5", ".", "e5", "1e", "1e+5", "1_0.0_1e1_0", "1_.0", "1._0", "1e_5", "nan", "-nan", "+inf", "Infinity", "INF", "infinit", "in f", "- 1", "--1", "１２", "٣", "१२३", "\U0001d7ce\U0001d7d9", "\u00b2", "\u3000" + "7\u2003", "\x1c5", "\u00a05", "5\x00", "\x005", "1 2", "é", "٣.٥", "1e400", "-1e400", "1e-400", "0x1p3", "1" * 400, "9" * 30, "00", "007", "-0", "0_0", "½", "\U0001e4f1", "1\u0660", "\u20281",
        ]
        for s in numbers:
            f.add("int", repr(s))
            f.add("float", repr(s))
            f.grid("int", [repr(s)], ["0", "2", "16", "36", "10"], most=2)
        f.grid("int", ["'0x1F'", "'0X_1f'", "'-0b101'", "'0b12'", "'0o17'", "'017'", "'z'", "'0_7'", "'0x'", "'1f'", "'0'", "'000'", "'0b'", "'b1'", "'0x_'", "'ff'", "'FF_0'"], ["0", "2", "8", "10", "16", "36", "37", "1", "-1"])
        f.add("int", "'" + "1" * 4301 + "'")


def items():
    with File("items") as f:
        containers = ["'abcdef'", "'aé日\\U0001f600z'", "[0, 1, 2, 3]", "(0, 1, 2, 3)", "range(0, 10, 3)", "''", "[]", "{}", "{'a': 1, 1: 2}", "1", "None", "dict_keys({1: 2})", "{1}", "2.5"]
        f.grid("getitem", containers, ["0", "1", "-1", "-4", "3", "4", "-5", "True", "1.0", "'a'", "None", "[]", str(10**20), str(-(10**20))])
        bounds = ["None", "0", "1", "-1", "2", "-2", "3", "10", "-10", "True", str(10**30), str(-(10**30))]
        steps = ["None", "1", "2", "-1", "-2", "3", "-3", "0", "10", "-10", str(2**63), str(-(2**70))]
        f.grid("slice", containers[:7], bounds, bounds, steps, most=240)
        f.grid("slice", containers, ["None", "'a'", "1.0"], ["1"], ["None"])
        f.grid("slice", ["[1, 2]", "'ab'"], ["None"], ["None"], ["'x'", "0", "1.5"])


def methods():
    strings = ["", "a", "abc", "Hello World", "  x y  z ", "\t\x1c\u2003q\n", "aXbXc", "ǅungla ﬁne ßtraße", "ΑΣ ΟΔΟΣ. Σ", "İstanbul ıI", "a,b,,c", "mañana", "日本語 テキスト", "12³½一", "٣٤", "line\nline2\r\nx\x0b\x0c\u2028y\r", "\tab\tc\té\t", "-42", "+é", "aaa", "they're bill's", "\U0001f600\U0001f600", "ª\u0345\u1fb3", "UPPER lower Title", "x" * 20, "_id1", "9a", "ñ_é"]
    lit = [repr(s) for s in strings]
    some = ["''", "'a'", "'X'", "','", "' '", "'aa'", "'é'", "'\\U0001f600'", "'\\n'", "'e'", "'l'"]
    index = ["0", "1", "-1", "2", "-3", "100", "None", str(-(10**30))]
    no_args = "strip lstrip rstrip split rsplit splitlines expandtabs".split()
    with File("methods") as f:
        def m(self, name, args="", kwargs=""):
            f.add("call", self, "'%s'" % name, "(" + (args + "," if args else "") + ")", "{" + kwargs + "}")

        f.grid("tests", lit)
        f.grid("cases", lit)
        for name in no_args:
            for s in lit:
                m(s, name)
        for name in ["count", "find", "rfind", "index", "rindex", "startswith", "endswith"]:
            for _ in range(20):
                args = rng.choice(some)
                for _ in range(rng.randrange(3)):
                    args += ", " + rng.choice(index)
                m(rng.choice(lit), name, args)
        for name in ["startswith", "endswith"]:
            for args in ["('a', 'z')", "()", "('x', 1)", "1", "['a']", "'', 5", "'', 1, 0"]:
                m("'abcz'", name, args)
        for name in ["center", "ljust", "rjust"]:
            for args in ["5", "6, '*'", "-1", "0", "12, 'é'", "'x'", "5, 'ab'", "5, 1", "", "1, 'x', 2", "True", "7.0", str(10**30)]:
                for s in ["'a'", "'ab'", "'日本語'"]:
                    m(s, name, args)
        for s in rng.sample(lit, 15):
            m(s, "zfill", "6")
            m(s, "expandtabs", "4")
            m(s, "splitlines", "True")
            m(s, "partition", rng.choice(some))
            m(s, "rpartition", rng.choice(some))
            m(s, "split", rng.choice(some[1:]))
            m(s, "rsplit", rng.choice(some[1:]) + ", " + rng.choice(["0", "1", "2"]))
            m(s, "split", "None, " + rng.choice(["0", "1", "2"]))
            m(s, "rsplit", "None, " + rng.choice(["0", "1", "2"]))
            m(s, "replace", rng.choice(some) + ", " + rng.choice(some))
            m(s, "replace", rng.choice(some) + ", " + rng.choice(some) + ", " + rng.choice(["0", "1", "2", "-1"]))
            m(s, rng.choice(["strip", "lstrip", "rstrip"]), rng.choice(["'abc'", "' x'", "''", "None", "'é日\\U0001f600'", "'Hd'"]))
            m(s, rng.choice(["removeprefix", "removesuffix"]), rng.choice(some))
        m("'a,b'", "split", "", "'sep': ','")
        m("'a,b,c'", "split", "','", "'maxsplit': 1")
        m("'a\\nb'", "splitlines", "", "'keepends': 1")
        m("'a\\tb'", "expandtabs", "", "'tabsize': 2")
        for args in ["", "1", "''", "'a', 'b'", "'a', sep", "1, 2, 3", "None, 1.5", "None, '1'", "',', None"]:
            for name in ["split", "rsplit", "splitlines", "partition", "rpartition", "zfill", "expandtabs", "strip", "removeprefix", "find", "count", "startswith", "join", "replace", "upper", "isalpha", "index", "center", "translate"]:
                if "sep" not in args:
                    m("'abc'", name, args)
        for kwargs in ["'x': 1", "'sep': 1", "'sep': None, 'maxsplit': 0", "'keepends': 'a'", "'tabsize': 1.5", "'chars': 'a'", "'a': 1, 'b': 2, 'c': 3"]:
            for name in ["split", "splitlines", "expandtabs", "strip", "upper", "replace", "find", "center"]:
                m("'a b c'", name, "", kwargs)
        for args in ["['a', 'b']", "[]", "('x',)", "'abc'", "{'k': 1}", "[1]", "['a', None]", "1", "range(0, 2)", "dict_keys({'p': 1, 'q': 2})", "['é', '日']"]:
            m("'-'", "join", args)
        for args in ["'a', 'bb', 'c'", "1, 'a'", "'a', 1", "'a', 'b', 'c'", "'a'", "'', '-', 2", "'', '-', 0", "'a', 'b', " + str(10**30)]:
            m("'banana'", "replace", args)
            m("''", "replace", args)
        for args in ["{'a': 'x', 'b': None, 'c': 100}", "{'ab': 1}", "{1.5: 2}", "'abc', 'xyz'", "'abc', 'xy'", "'ab', 'xy', 'c'", "1", "1, 'a'", "'a', 1", "{97: 1114112}", "'é', 'e'"]:
            m("''", "maketrans", args)
        for args in ["{97: 'x', 98: None, 99: 100}", "{97: 1114112}", "{97: 1.5}", "{}", "[1]", "'xyz'", "None", "{233: 'e'}"]:
            m("'abc\\xe9'", "translate", args)

        lists = ["[]", "[1]", "[3, 1, 2]", "[1, 'a', None]", "[[1], [2]]", "[1, 1.0, True]"]
        calls = [
            ("append", ["1", "", "1, 2", "[]"]), ("extend", ["[4, 5]", "'ab'", "1", "", "{'k': 1}"]), ("insert", ["0, 'x'", "-1, 'x'", "100, 'x'", "-100, 'x'", "'a', 1", "1", "True, 0"]),
            ("pop", ["", "0", "-1", "5", "'a'", "1, 2", "True"]), ("remove", ["1", "'a'", "9", "", "True"]), ("index", ["1", "'a'", "9", "", "1, 1", "1, -1", "1, 0, 1", "1, 'a'", "1, 0, 0, 0", "1, None"]),
            ("count", ["1", "'a'", "", "1, 2"]), ("reverse", ["", "1"]), ("copy", ["", "1"]), ("clear", ["", "1"]), ("sort", ["", "1"]),
        ]
        for name, several in calls:
            for args in several:
                for self in rng.sample(lists, 3):
                    m(self, name, args)
        for kwargs in ["'reverse': True", "'reverse': 0", "'key': None", "'key': 1", "'reverse': 'a'", "'reverse': None", "'x': 1", "'reverse': 1.5", "'reverse': " + str(2**40)]:
            m("[3, 1, 2]", "sort", "", kwargs)
            m("[1]", "pop", "", kwargs)
        for name, several in calls[5:7]:
            for args in several:
                m("(1, 'a', 1.0)", name, args)
        dicts = ["{}", "{'a': 1}", "{'a': 1, 'b': [2], 3: None}", "{1: 'one', 2.5: 'x'}"]
        for name, several in [
            ("get", ["'a'", "1", "'z', 5", "", "[]", "1, 2, 3", "True"]), ("setdefault", ["'a'", "'z', 5", "", "{}", "1.0, 9"]), ("pop", ["'a'", "'z'", "'z', 0", "", "[]", "1, 2, 3", "True"]),
            ("popitem", ["", "1"]), ("update", ["", "{'n': 1, 'a': 2}", "[('a', 5), (7, 8)]", "1", "[1]", "[(1, 2, 3)]", "['ab']", "1, 2", "None"]), ("keys", ["", "1"]), ("values", [""]), ("items", [""]),
            ("copy", ["", "1"]), ("clear", [""]), ("fromkeys", ["'ab'", "[1, 2], 0", "1", "", "[[]]"]),
        ]:
            for args in several:
                for self in rng.sample(dicts, 2):
                    m(self, name, args)
        m("{'a': 1}", "update", "", "'a': 2, 'c': 3")
        m("{'a': 1}", "update", "{'b': 1}", "'c': 3")
        m("{'a': 1}", "get", "", "'x': 3")
        m("{'a': 1}", "items", "", "'x': 3")
        for self in ["{1}", "{1, 2}", "set()"]:
            for name, several in [
                ("add", ["3", "1", "[]", ""]), ("discard", ["1", "9", "{}"]), ("remove", ["1", "9"]), ("clear", [""]), ("copy", [""]), ("pop", ["1"]),
                ("union", ["", "[5]", "[5], {6}", "1"]), ("update", ["[5]", "1"]), ("intersection", ["[1]", "", "[]", "[1], [2]"]), ("difference", ["[1]", "", "1"]), ("symmetric_difference", ["[1, 7]", ""]),
                ("issubset", ["[1, 2, 3]", "[]"]), ("issuperset", ["[1]", "[9]"]), ("isdisjoint", ["[1]", "[9]", "1"]), ("difference_update", ["[1]"]), ("intersection_update", ["[1]"]), ("symmetric_difference_update", ["[1]"]),
            ]:
                for args in several:
                    m(self, name, args)
        m("dict_keys({1: 2})", "isdisjoint", "[1]")
        m("dict_items({1: 2})", "isdisjoint", "[(1, 3)]")
        for name in ["bit_length", "bit_count", "conjugate", "as_integer_ratio"]:
            for self in ["0", "-1", "255", "True", str(-(2**70) + 1)]:
                m(self, name)
            m("5", name, "1")
        for name in ["is_integer", "conjugate", "as_integer_ratio", "hex"]:
            for self in FLOATS + ["3.14", "-2.2250738585072014e-308", "1e-310"]:
                m(self, name)
            m("5.0", name, "1")
        for name in ["real", "imag", "numerator", "denominator", "nosuch"]:
            f.grid("attr", ["5", "True", "2.5"], ["'%s'" % name])
        for name in ["start", "stop", "step"]:
            f.grid("attr", ["range(1, 10, 3)"], ["'%s'" % name])
        for args in ["4", "5", "4.0", "'a'", "", "True"]:
            m("range(1, 10, 3)", "index", args)
            m("range(1, 10, 3)", "count", args)


def formats():
    with File("formats") as f:
        specs = set()
        for _ in range(260):
            specs.add(
                rng.choice(["", "", "", "*", "é", "0", "<"]) * 1
                + rng.choice(["", "", "<", ">", "=", "^"])
                + rng.choice(["", "", "", "+", "-", " "])
                + rng.choice(["", "", "", "", "z"])
                + rng.choice(["", "", "", "#"])
                + rng.choice(["", "", "0"])
                + rng.choice(["", "", "1", "6", "12", "20"])
                + rng.choice(["", "", "", ",", "_"])
                + rng.choice(["", "", ".0", ".1", ".3", ".10"])
                + rng.choice(["", "b", "c", "d", "e", "E", "f", "F", "g", "G", "n", "o", "x", "X", "%", "s", "y"])
            )
        specs = sorted(specs)
        values = ["0", "5", "-42", "1234567", "True", str(10**20), str(-(2**70)), "65", "0.0", "-0.0", "1.5", "-2.5", "3.14159", "1234567.891", "1e100", "1e-7", "0.00001234", "99999.5", "nan", "inf", "-inf", "123456789012345680.0", "'abc'", "'日本'", "''"]
        for spec in specs:
            for v in rng.sample(values, 2):
                f.add("format", v, repr(spec))
        for spec in ["", "5", "s", "d", "^7", "\u0663", "1\u0660", ".\u0661f"]:
            f.grid("format", ["None", "[1]", "(1,)", "{'a': 1}", "'x'", "1", "2.5", "range(0, 2)"], [repr(spec)])
        for spec in [",", "_", ",_", "_,", ",,", "é", "\t", "10é", "x<", "<<5", "{<5", "}^5", "5}", "99999999999999999999", ".99999999999999999999", ".", ".f", "5.", "+ d", "#c", "+c", ",c", ",n", "_n", ",s", ",\x01", "\xff", "zc", "zd", "z", "08,", "010_b", "#010x", "#_b", "+#o", "#X", "#.0f", "#.0e", "#g", "#.3g", "#", "-", " ", "+", "0", "00", "05", "<05", "=5", "^05", ".2147483648f"]:
            f.grid("format", ["255", "-1", "1.0", "12345.678", "'ab'", "True"], [repr(spec)], most=4)
        f.grid("format", ["0.5", "1.5", "2.5", "0.125", "0.375", "1e22", "123456789.0", "0.1", "5e-324", "1.7976931348623157e+308", "2.675", "1.005"], ["'.0f'", "'.1f'", "'.2f'", "'.0e'", "'.1e'", "'.20f'", "'.17g'", "'.25e'", "'g'", "'.1%'", "''", "'.3'", "'.0'", "'.16'"])

        conversions = []
        for _ in range(160):
            conversions.append(
                "%" + "".join(rng.sample("-+ #0", rng.randrange(3)))
                + rng.choice(["", "", "1", "6", "12"]) + rng.choice(["", "", ".", ".0", ".1", ".3", ".12"]) + rng.choice(["", "", "l"])
                + rng.choice("ssrra" + "diuoxX" * 2 + "eEfFgG" + "c%y")
            )
        values = ["0", "5", "-42", "65", "True", str(10**20), str(-(2**70)), "1.5", "-0.0", "1234567.891", "1e-7", "nan", "-inf", "'abc'", "'é'", "None", "[1, 'é']", "(7,)", "{'k': 1}"]
        for c in conversions:
            for v in rng.sample(values, 2):
                f.add("%", repr("<" + c + ">"), v)
        for s in [
            "%s", "%s %s", "%", "%%", "x", "%d %%", "%(k)s", "%(k", "%(z)s", "%(k)d%(k)s", "%(k)%", "%(a(b)c)s", "%*d", "%.*f", "%*.*f", "%-*d|", "%s %(k)s", "%5", "%l", "%ld", "%lld", "%hd", "%é", "%\t", "%.99999999999d", "%99999999999999999999d", "%5%", "%(k)s %s", "%c%c", "%r", "%(k)*d", "%.-5d", "%+s", "% s", "%#x", "%#o", "%#b", "%05s", "%-05d|", "%+ d", "% +d", "%.0d", "%.5d", "%+.5x", "%#010x", "%#-10x|", "%i", "%u", "%.3s", "%.0s", "%10.3s", "%-10.3r|", "%a",
        ]:
            for v in ["()", "(1,)", "(1, 2)", "(5, 3.14159)", "(-5, 42)", "(8, 2, 3.14159)", "{'k': 5, 'a(b)c': 1}", "{}", "'ab'", "'a'", "[1]", "1", "range(0, 2)", "None", "(" + str(10**30) + ", 1)", "('x', 1)"]:
                if rng.random() < 0.4:
                    f.add("%", repr(s), v)

        templates = [
            "", "x", "{}", "{} {}", "{0} {1} {0}", "{} {1}", "{0} {}", "{a}", "{a} {}", "{{}}", "{", "}", "{{", "}}", "{}}", "{{}", "{!r}", "{!s:>5}", "{!a}", "{!x}", "{!", "{!r", "{!rx}", "{!}", "{:", "{:{}}", "{:{}.{}}", "{:{1}}", "{0:{1}}", "{:{a}}", "{0.real}", "{0.nosuch}", "{0[0]}", "{0[a]}", "{0[a}", "{0[]}", "{0.}", "{0..x}", "{0[0]x}", "{0[0][1]}", "{[0]}", "{.real}", "{a.real}", "{a[0]}", "{a[k]}", "{0[-1]}", "{ }", "{ 0}", "{0 }", "{+1}", "{-1}", "{1_0}", "{99999999999999999999}", "{0[99999999999999999999]}", "{5}", "{z}", "{:d}", "{:>{a}}", "{0:{1}{a}}", "{a!r:>8}", "{:{:{}}}", "{:{:{:{}}}}", "a{{b}}c{}", "{0{}", "{a{b}}", "{[}", "{[a]b}", "{:}}", "{:{{}}}", "{a:}", "{0!r:}", "{\u0660}", "{0[\u0660]}", "{:\u0665}", "{0:!r}", "{a:{b}}", "{0.imag!r:^7}", "{[[]}", "{0[a.b]}", "{0[!]}", "{0[:]}", "{²}", "{a.b.c}", "{!é}", "{:x{}}", "{0.real.imag}", "{:{0}}", "{} {:{}}", "{0:{}}", "{}{0:{}}",
        ]
        arguments = ["(), {}", "(1,), {}", "('ab', 6), {'a': 4}", "([1, [2, 3]], 2, 3), {'a': {'k': 'v'}}", "({'a': 1, 'a.b': 2, '!': 3, ':': 4, '-1': 5}, 'x'), {'a': 7, 'b': 3}", "(1.5, '>8', 2, 1), {}"]
        for t in templates:
            for args in arguments:
                if rng.random() < 0.25:
                    f.add("str.format", repr(t), args)
                if rng.random() < 0.25:
                    f.add("Formatter", repr(t), args)
            f.grid("format_map", [repr(t)], ["{'a': 1}", "1", "[1]"], most=1)


def rounding():
    with File("rounding") as f:
        digits = ["0", "1", "2", "3", "5", "-1", "-2", "-3", "15", "17", "400", "-400"]
        f.grid("round", ["0.5", "1.5", "2.5", "-0.5", "2.675", "1.005", "0.15", "0.25", "0.35", "1e22", "1e308", "15.0", "25.0", "5.0", "-5.0", "1234.5678", "-1234.5678", "nan", "inf", "0.1", "5e-324", "-0.0", "1.7976931348623157e+308", "99999.99"], digits, most=200)
        f.grid("round", ["0", "5", "15", "25", "-5", "-15", "1250", "1350", "True", str(10**25 + 5), str(-(10**25) - 15), "149", "151", "50", "-50", "500"], digits, most=90)
        f.grid("round", ["'a'", "None", "[]"], ["0"])
        f.grid("round", ["1.7976931348623157e+308", "9.5e+307", "1.5e+308"], ["-308", "-307", "-309", "-306", "-1"])
        for _ in range(100):
            f.add("round", random_float(), rng.choice(digits[:8]))


def ranges(predicate):
    out, start = [], None
    for c in range(0x110001):
        inside = c < 0x110000 and not 0xD800 <= c < 0xE000 and predicate(chr(c))
        if inside and start is None:
            start = c
        elif not inside and start is not None:
            out.append("%x" % start if start == c - 1 else "%x-%x" % (start, c - 1))
            start = None
    return " ".join(out)


def mapping(of, default):
    out = []
    for c in range(0x110000):
        if not 0xD800 <= c < 0xE000 and of(chr(c)) != default(chr(c)):
            out.append("%x:%s" % (c, ".".join("%x" % ord(d) for d in of(chr(c)))))
    return " ".join(out)


def unicode():
    with open("unicode.jsonl", "w") as f:
        def line(name, text):
            f.write(json.dumps([name, text]) + "\n")

        for name in ["isalpha", "isdecimal", "isdigit", "isnumeric", "isprintable", "isspace", "isupper", "islower", "isidentifier"]:
            line(name, ranges(lambda c, name=name: getattr(c, name)()))
        line("continues an identifier", ranges(lambda c: ("a" + c).isidentifier()))
        line("is ignored after a sigma", ranges(lambda c: ("A\u03a3" + c + "A").lower()[1] == "\u03c3"))
        line("is a title", ranges(lambda c: c.istitle() and not c.isupper()))
        line("begins a word for title()", ranges(lambda c: (c + "\u01c6").title()[-1] != "\u01c6"))
        line("lower", mapping(str.lower, lambda c: c))
        line("upper", mapping(str.upper, lambda c: c))
        line("title", mapping(str.title, str.upper))
        line("casefold", mapping(str.casefold, str.lower))
        line("swapcase", mapping(str.swapcase, lambda c: c.upper() if c.islower() else c.lower()))


for generate in [operators, comparisons, texts, items, methods, formats, rounding, unicode]:
    generate()
