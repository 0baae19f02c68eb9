"""How alike two values are (UN-5)."""


def score(left: str, right: str) -> int:
    """Give (length - edit distance) / length in whole %, rounded down; the longer value's length is the one.

    Where a letter is not Latin, values are alike only when they are the same: databases count such letters
    differently, and all that evaluate a rule must agree.
    """
    if left == right:
        return 100
    if not (left.isascii() and right.isascii()):
        return 0
    longest = max(len(left), len(right))
    return 100 * (longest - edit_distance(left, right)) // longest


def edit_distance(left: str, right: str) -> int:
    """Count the letters to insert, take out or replace (Levenshtein)."""
    if len(left) < len(right):
        left, right = right, left
    above = list(range(len(right) + 1))
    for row, sign in enumerate(left, start=1):
        current = [row]
        for column, other in enumerate(right, start=1):
            replaced = above[column - 1] + (sign != other)
            current.append(min(above[column] + 1, current[-1] + 1, replaced))
        above = current
    return above[-1]
