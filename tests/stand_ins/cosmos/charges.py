"""An estimate of request units, by the rules of thumb that are published for the service.

It is no measurement: it is good for comparing one way of asking with another, and for tests that say "this is
a point read" or "this does not scan". A real account's bill depends on indexed values, skew and regions.

    point read          1 for each begun KB
    create, delete      5.7 for each begun KB, and 0.2 for each indexed value of an item that comes or goes
    replace, upsert,    10.3 for each begun KB: the old values leave the index, the new ones enter it
    patch
    query               2.3, and for each document looked at 0.3 for each begun KB
    change feed         1, and 0.5 for each begun KB read
    batch               the sum of what is in it, whether it stands or not
"""

READ = 1.0
WRITE = 5.7
OVERWRITE = 10.3
INDEXED_VALUE = 0.2
QUERY = 2.3
LOOKED_AT = 0.3
FEED = 1.0
FED = 0.5
REFUSED = 1.0


def begun_kilobytes(size: int) -> int:
    """Count kilobytes as they are charged."""
    return max(1, -(-size // 1024))


def of_reading(size: int) -> float:
    return READ * begun_kilobytes(size)


def of_writing(size: int, indexed: int) -> float:
    return WRITE * begun_kilobytes(size) + INDEXED_VALUE * indexed


def of_overwriting(size: int) -> float:
    return OVERWRITE * begun_kilobytes(size)


def of_looking_at(size: int) -> float:
    return LOOKED_AT * begun_kilobytes(size)


def of_feeding(size: int) -> float:
    return FED * begun_kilobytes(size)
