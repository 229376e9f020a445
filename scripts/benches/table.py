# SPDX-License-Identifier: Apache-2.0
"""Plain tables of figures."""


def show(title, columns, rows):
    """columns: names; a name that begins with ">" is right-aligned."""
    right = [name.startswith(">") for name in columns]
    cells = [[name.lstrip(">") for name in columns], *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    print(f"\n{title}")
    for row in cells:
        padded = [cell.rjust(width) if flush else cell.ljust(width) for cell, width, flush in zip(row, widths, right)]
        print("  " + "  ".join(padded).rstrip())


def count(number):
    """1234567 -> "1.23 M"; three digits are what such figures are worth."""
    for limit, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(number) >= limit:
            return f"{number / limit:.3g}{unit}"
    return f"{number:.3g}"


def spread(values):
    """The smallest and the largest."""
    return f"{count(min(values))} to {count(max(values))}"
