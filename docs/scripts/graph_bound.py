#!/usr/bin/env python3
"""Computes how many neighbours a worker needs under secure aggregation, apart from lorad's own code.

docs/privacy-formulas.md, "The graph of neighbours", derives the bound; n, t, c, q, a, b and p are as there. Needs Python
alone. Prints one line for each case: workers, threshold, colluders, mean number of neighbours, log2 of the bound on the
probability of a split at that number, and, for a group of one worker, log2 of the bound and of the exact probability:
the bound must be the larger one.
"""
import math

ATTEMPT = -44  # log2 of the largest probability that one draw can be split
LOSS = -20  # log2 of the largest probability that random losses cost a worker its threshold


def choose(n, k):
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def quorum(n, t):
    return max(n // 2 + 1, min(n, math.ceil(t * n - 1e-9)))


def least(f):
    """The least value of a convex function on 0..20, by thirds."""
    low, high = 0.0, 20.0
    for _ in range(90):
        x, y = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, y) if f(x) < f(y) else (x, high)
    return f(low)


def dense(n, t, c, p, a):
    """ln M(a)."""
    coin = lambda x: math.log1p(p * math.expm1(x))
    s = 1 - t
    return min(0, least(lambda l: l * s * a + a * (a - 1) / 2 * coin(2 * l * s) + a * c * coin(l * s)
                        + a * (n - c - a) * coin(-l * t)))


def split(n, t, c, k):
    """log2 of the bound on the probability that some choice of losses splits the graph."""
    p, h, q = k / (n - 1), n - c, quorum(n, t)
    total = 0.0
    for a in range(1, h // 2 + 1):
        b = max(a, q - c - a)
        cut = choose(h - a, b) + a * b * math.log1p(-p)
        total += math.exp(min(700, choose(h, a) + min(dense(n, t, c, p, a), cut)))
    return math.log2(total)


def loss(n, t, k):
    p, s, d = k / (n - 1), 1 - t, (1 - t) / 4
    f = lambda l: (n - 1) * math.log1p(p * ((1 - d) * math.expm1(-l * s) + d * math.expm1(l * t))) - l * s
    return (math.log(n) + min(0, least(f))) / math.log(2)


def degree(n, t, c):
    for k in range(2, 161):
        if loss(n, t, k) <= LOSS and split(n, t, c, k) <= ATTEMPT:
            return k
    return None


def exact_single(n, t, c, k):
    """log2 of n - c times the probability that a worker has its threshold among the colluders and itself."""
    p, others = k / (n - 1), n - c - 1
    law = lambda m, x: math.exp(choose(m, x) + x * math.log(p) + (m - x) * math.log1p(-p))
    total = 0.0
    for x in range(c + 1):
        for z in range(others + 1):
            if x + 1 < max(math.ceil(t * (x + z + 1) - 1e-9), (x + z + 1) // 2 + 1):
                break
            total += law(c, x) * law(others, z)
    return math.log2((n - c) * total) if total > 0 else -math.inf


if __name__ == "__main__":
    for n, t, declared in [(129, .51, 0), (200, .51, 0), (200, .6, 0), (300, .51, 0), (300, .67, 0), (300, .67, 60),
                           (500, .75, 0), (1000, .51, 0), (1000, .67, 0), (2000, .6, 0)]:
        c = max(declared, min(n // 10, 2 * quorum(n, t) - n - 1), 0)
        k = degree(n, t, c)
        p = k / (n - 1)
        single = (math.log(n - c) + dense(n, t, c, p, 1)) / math.log(2)
        print(f"({n}, {t}, {c}, {k}, {split(n, t, c, k):.3f}),  # one worker: {single:.1f}, exactly "
              f"{exact_single(n, t, c, k):.1f}")
