"""The epsilon that lorad states beside Google's dp-accounting, on random settings of Poisson-sampled Gaussian noise.

Loss distributions (pld) must never be below the reference and at most 0.5% above it; the reference is discretised finely
enough that its own excess is below 1e-5 of it. Rényi (rdp) must agree to 1e-6 at the orders lorad tries: whole orders come from
dp-accounting, tenths from a quadrature, as dp-accounting 0.6 drops the signs of its series there and overestimates.

    pip install dp-accounting
    python docs/scripts/compare_accountants.py --lorad .build/release/lorad

Prints the largest differences and exits with 1 if any is too large. The settings follow from --seed.
"""
import argparse, json, math, subprocess, sys, time

import dp_accounting
import numpy as np
from dp_accounting.pld import privacy_loss_distribution
from dp_accounting.rdp import RdpAccountant, rdp_privacy_accountant

WHOLE = [float(order) for order in range(2, 129)] + [256.0, 512.0, 1024.0]
TENTHS = [1 + tenth / 10 for tenth in range(1, 100) if tenth % 10]
PLD_ABOVE, RDP_APART, REFERENCE_ABOVE = 5e-3, 1e-6, 1e-5


def divergence(rate, noise, order):
    """ln E (1 - q + q e^u)^a / (a - 1) over N(0, s^2), by the trapezoidal rule."""
    if rate == 1:
        return order / (2 * noise**2)
    z = np.arange(-16, order / noise + 16, 0.01)
    loss = np.logaddexp(math.log1p(-rate), math.log(rate) + (z * noise - 0.5) / noise**2)
    exponents = order * loss - z**2 / 2
    top = exponents.max()
    return (top + math.log(np.exp(exponents - top).sum() * 0.01 / math.sqrt(2 * math.pi))) / (order - 1)


def reference_rdp(rate, noise, rounds, delta):
    """Epsilon, and the order it was found at."""
    accountant = RdpAccountant(WHOLE)
    accountant.compose(dp_accounting.PoissonSampledDpEvent(rate, dp_accounting.GaussianDpEvent(noise)), rounds)
    whole = accountant.get_epsilon_and_optimal_order(delta)
    tenths = [rounds * divergence(rate, noise, order) for order in TENTHS]
    return min(whole, rdp_privacy_accountant.compute_epsilon(TENTHS, tenths, delta))


def reference_pld(rate, noise, rounds, delta, epsilon, order):
    """Epsilon by connect-the-dots, at intervals that are narrowed until it falls by no more than 1e-4 of itself.

    The excess falls with the interval's square, so a fifteenth of the last fall is what may be left. Every interval gives an
    upper bound; far too narrow ones a looser one, by rounding, so the least is taken.
    """
    interval, best = min(1e-3, math.sqrt(1e-4 * epsilon / (rounds * order))), math.inf
    while True:
        one = privacy_loss_distribution.from_gaussian_mechanism(
            noise, sampling_prob=rate, value_discretization_interval=interval, use_connect_dots=True)
        found = one.self_compose(rounds).get_epsilon_for_delta(delta)
        if found == 0 or best / found < 1 + 1e-4:
            return min(found, best)
        interval, best = interval / 4, min(found, best)


def settings(random, count):
    """Random settings whose epsilon is one that somebody would ask for."""
    found = []
    while len(found) < count:
        rate = 1.0 if random.random() < 0.1 else 10 ** random.uniform(-4, 0)
        noise, rounds = 10 ** random.uniform(-0.3, 1), int(10 ** random.uniform(0, 4.3))
        delta = 10.0 ** -int(random.integers(5, 9))
        epsilon, order = reference_rdp(rate, noise, rounds, delta)
        if 0.05 < epsilon < 30:
            found.append((rate, noise, rounds, delta, epsilon, order))
    return found


def ask(lorad, accountant, rate, noise, rounds, delta):
    """What lorad says, and the seconds it took."""
    command = [lorad, "privacy", "epsilon", "--json", "--accountant", accountant, "--sampling-rate", repr(rate),
               "--noise-multiplier", repr(noise), "--rounds", str(rounds), "--delta", repr(delta)]
    start = time.monotonic()
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(answer)["epsilon"], time.monotonic() - start


def table(title, rows, shown):
    """The rows farthest from the reference."""
    print(f"\n{title}\n{'q':>10} {'sigma':>8} {'T':>6} {'delta':>7} {'lorad':>14} {'reference':>14} {'relative':>10}")
    for relative, ours, theirs, (rate, noise, rounds, delta) in sorted(rows, key=lambda row: -abs(row[0]))[:shown]:
        print(f"{rate:10.3g} {noise:8.4g} {rounds:6} {delta:7.0e} {ours:14.8g} {theirs:14.8g} {relative:+10.2e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lorad", required=True, help="path of the program")
    parser.add_argument("--count", type=int, default=240, help="settings")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shown", type=int, default=8, help="rows of each table")
    options = parser.parse_args()
    loss, renyi, seconds = [], [], []
    for *setting, epsilon, order in settings(np.random.default_rng(options.seed), options.count):
        for accountant, rows in (("pld", loss), ("rdp", renyi)):
            ours, took = ask(options.lorad, accountant, *setting)
            theirs = reference_pld(*setting, epsilon, order) if accountant == "pld" else epsilon
            rows.append((ours / theirs - 1 if theirs else ours, ours, theirs, setting))
            seconds.append(took)
    table("pld, largest differences (relative above zero is the safe side)", loss, options.shown)
    table("rdp, largest differences", renyi, options.shown)
    relative = [row[0] for row in loss]
    apart = max(abs(row[0]) for row in renyi)
    print(f"\n{len(loss)} settings: pld from {min(relative):+.1e} to {max(relative):+.1e} of the reference, rdp within "
          f"{apart:.1e}; the slowest answer took {max(seconds):.2f} s")
    if min(relative) < -REFERENCE_ABOVE or max(relative) > PLD_ABOVE or apart > RDP_APART:
        sys.exit("the accountants disagree")


if __name__ == "__main__":
    main()
