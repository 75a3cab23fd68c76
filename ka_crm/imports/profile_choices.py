"""What a profile's settings may be, for its checks and for the page that edits it."""

CONTAINERS = ("delimited", "xlsx", "matrix_xlsx", "edifact")
GRAINS = ("day", "week_ending")
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk", "cp1252", "latin-1", "shift_jis", "big5")
DECIMAL_MARKS = (".", ",")
THOUSANDS_MARKS = (",", ".", " ", "'")
