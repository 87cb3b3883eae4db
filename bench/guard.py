"""The guard of others' SQL: what checking and rewriting costs beside postgast's own parse and
deparse of the same text, by processor time, over the questions of its tests. The limit is three
times."""

from __future__ import annotations

from statistics import median
from time import process_time

LIMIT = 3.0
ROUNDS, CALLS = 9, 40


def main() -> None:
    import postgast
    from backshop.insights.guard import check

    from tests.backshop.insights.guard import statements

    ratios = []
    for each in statements.LEGITIMATE + statements.sample("legit.sql.json", "accept"):
        tree = postgast.parse(each.sql)
        check(each.sql)
        taken: dict[str, list[float]] = {"own": [], "check": []}
        for _ in range(ROUNDS):
            start = process_time()
            for _ in range(CALLS):
                postgast.parse(each.sql)
                postgast.deparse(tree)
            between = process_time()
            for _ in range(CALLS):
                check(each.sql)
            taken["own"].append(between - start)
            taken["check"].append(process_time() - between)
        ratios.append((median(taken["check"]) / median(taken["own"]), each.name))
    ratios.sort()
    middle = median(ratio for ratio, _name in ratios)
    worst, name = ratios[-1]
    print(
        f"{len(ratios)} questions: {middle:.2f} x parse and deparse, at most {worst:.2f} ({name})"
    )
    print(f"limit {LIMIT:.0f} x: {'holds' if middle <= LIMIT else 'BROKEN'}")


if __name__ == "__main__":
    main()
