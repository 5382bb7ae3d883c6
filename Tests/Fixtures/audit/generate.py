"""Reference values of OneRunAuditTests: theorem 5.2 of arXiv:2305.08846, term by term in decimal arithmetic."""
from decimal import Decimal, getcontext
from math import comb

getcontext().prec = 60


def probability(canaries, guesses, correct, epsilon, delta):
    right = 1 / (1 + (-Decimal(repr(epsilon))).exp())
    masses = [Decimal(comb(guesses, k)) * right**k * (1 - right) ** (guesses - k) for k in range(guesses + 1)]
    tail = lambda k: sum(masses[max(k, 0):])
    least = tail(correct)
    steepest = max(((tail(correct - i) - least) / i for i in range(1, canaries + 1)), default=Decimal(0))
    return min(Decimal(1), least + 2 * canaries * Decimal(repr(delta)) * steepest)


def lower_bound(canaries, guesses, correct, delta, confidence):
    error = Decimal(1) - Decimal(repr(confidence))
    if probability(canaries, guesses, correct, 0.0, delta) >= error:
        return 0.0
    low, high = 0.0, 64.0
    for _ in range(45):
        middle = (low + high) / 2
        if probability(canaries, guesses, correct, middle, delta) < error:
            low = middle
        else:
            high = middle
    return low


for case in [(100, 100, 75, 1.0, 1e-5), (100, 50, 40, 0.5, 0.0), (1000, 200, 150, 1.2, 1e-5), (40, 40, 40, 2.0, 1e-3),
             (500, 500, 260, 0.0, 1e-6), (10, 4, 0, 1.0, 1e-5)]:
    print("probability", case, "%.12g" % probability(*case))
for case in [(100, 100, 75, 1e-5, 0.95), (1000, 1000, 1000, 1e-5, 0.95), (1000, 200, 150, 1e-5, 0.99),
             (64, 64, 64, 1e-5, 0.95), (100, 100, 55, 1e-5, 0.95), (1000, 100, 99, 0.0, 0.95)]:
    print("bound", case, "%.12g" % lower_bound(*case))
