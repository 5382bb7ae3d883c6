"""The Markdown tables and pictures of what compare_speed.py has measured."""

import statistics

import matplotlib
import matplotlib.pyplot as plt


def smoothed(values, count=20):
    return [statistics.mean(values[max(0, i + 1 - count) : i + 1]) for i in range(len(values))]


def grid(head, rows):
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
    ]


def pace(block):
    return f"{block['rate']:.0f} ({block['step']:.3g}; {block['fastest']:.3g} to {block['slowest']:.3g})"


def gigabytes(number):
    return f"{number / 1e9:.2f} GB"


def comparisons(results):
    """Name, lorad's block and torch's or None, of every workload and variant."""
    for name, found in results.items():
        for who, block in found.items() if "trials" in found else []:
            if who not in ("torch", "trials", "peer", "apart"):
                yield name + ("" if who == "lorad" else f", {who}"), block, found


def speed_table(results):
    rows = []
    for name, ours, found in comparisons(results):
        theirs = found.get("torch")
        if not theirs:
            failed = "; ".join(f"{v}: {t['failed']}" for v, t in found["trials"].items())
            rows.append(
                [
                    name,
                    pace(ours),
                    failed or "not run",
                    "",
                    gigabytes(ours["peak"]),
                    "",
                    f"{ours['first_step']:.1f} s",
                    "",
                ]
            )
            continue
        rows.append(
            [
                name,
                pace(ours),
                f"{pace(theirs)} {found['peer']}",
                f"**{ours['rate'] / theirs['rate']:.2f}×**",
                f"{gigabytes(ours['peak'])}, {gigabytes(theirs['peak'])}",
                f"{theirs['peak'] / ours['peak']:.1f}×",
                f"{ours['first_step']:.1f} s, {theirs['first_step']:.1f} s",
                f"{found['apart']:.0e}" if ours is found["lorad"] else "",
            ]
        )
    pair = "lorad, torch"
    head = ["workload", "lorad: tokens/s (s a step)", "fastest torch + PEFT", "times faster", f"peak memory: {pair}"]
    return grid(head + ["times less", f"to the end of the first step: {pair}", "losses apart"], rows) if rows else []


def trials_table(results):
    rows = []
    for name, found in results.items():
        for variant, trial in found.get("trials", {}).items():
            gave = [pace(trial), gigabytes(trial["peak"])] if "step" in trial else [trial["failed"], ""]
            rows.append([name, variant, *gave])
    return grid(["torch tried for", "variant", "tokens/s (s a step)", "peak memory"], rows) if rows else []


def curves_table(results):
    rows = []
    for name, found in results.items():
        if "goal" in found:
            ours, theirs = found["lorad"], found["torch"]
            times = [f"{run['reached']:.0f} s" if run["reached"] else "not" for run in (ours, theirs)]
            ratio = f"**{theirs['reached'] / ours['reached']:.2f}×**" if ours["reached"] and theirs["reached"] else ""
            rows.append(
                [name.replace("curves", "real"), str(len(ours["losses"])), f"{found['goal']:.4f}", *times, ratio]
            )
    return (
        grid(["wall time to a loss", "steps", "loss, mean of 20 steps", "lorad", "torch", "times sooner"], rows)
        if rows
        else []
    )


def alone_table(results):
    rows = []
    for part in ("lanes", "rank", "length"):
        blocks = results.get(part, {})
        for case, block in blocks.items():
            relative = f"{block['rate'] / next(iter(blocks.values()))['rate']:.2f}"
            rows.append([case, pace(block), relative, gigabytes(block["peak"])])
    head = ["lorad alone, reference bf16", "tokens/s (s a step)", "beside the first of its kind", "peak memory"]
    return grid(head, rows) if rows else []


def shared_table(results):
    rows = []
    for name, found in results.items():
        if name.startswith("shared "):
            one, four = found["1"], found["4"]
            cells = [
                gigabytes(one["Pss"]),
                gigabytes(four["Pss"]),
                f"**{four['Pss'] / one['Pss']:.2f}×**",
                gigabytes(four["Rss"]),
            ]
            rows.append([name.removeprefix("shared "), *cells])
    head = ["processes on one model", "one, Pss", "four, sum of Pss", "", "four, sum of resident"]
    return grid(head, rows) if rows else []


def report(facts):
    results, m = facts["results"], facts["machine"]
    lines = [
        f"{m['cores']} cores of {m['processor']} ({', '.join(m['flags'])}); torch {m['torch']}, transformers "
        f"{m['transformers']}, PEFT {m['peft']} on {m['threads']} threads, sdpa; {', '.join(m['lorad'])}. "
        "Medians over the steps of all blocks; in brackets seconds a step with the fastest and the slowest.",
        "",
    ]
    for table in (speed_table, curves_table, trials_table, alone_table, shared_table):
        lines += table(results)
    return "\n".join(lines)


# Readable on white and on black.
GREY = "#7d8590"
COLOURS = dict(lorad=dict(fp32="#f2a033", bf16="#e8590c"), torch=dict(fp32="#7fb2f0", bf16="#3f74c8"))
matplotlib.use("Agg")
matplotlib.rcParams.update(
    {"svg.hashsalt": "lorad", "font.size": 11, "legend.frameon": False, "axes.facecolor": "none"}
)
matplotlib.rcParams.update({f"{part}.color": GREY for part in ("text", "xtick", "ytick")})
matplotlib.rcParams.update({"axes.edgecolor": GREY, "axes.labelcolor": GREY})
matplotlib.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})


def figure(columns, size):
    return plt.subplots(1, columns, figsize=size, layout="constrained")


def save(drawn, images, name):
    images.mkdir(parents=True, exist_ok=True)
    drawn.savefig(images / f"{name}.svg", metadata={"Date": None}, transparent=True)


def draw_speed(results, images):
    ratios = {n: x["rate"] / found["torch"]["rate"] for n, x, found in comparisons(results) if "torch" in found}
    if not ratios:
        return
    drawn, axes = figure(1, (8, 1.1 + 0.45 * len(ratios)))
    colours = [COLOURS["lorad"]["fp32" if "fp32" in name else "bf16"] for name in ratios]
    bars = axes.barh(list(ratios), list(ratios.values()), color=colours, height=0.6)
    axes.bar_label(bars, [f"{ratio:.2f}×" for ratio in ratios.values()], padding=4)
    axes.axvline(1, color=COLOURS["torch"]["bf16"], linewidth=2)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.15 * max(1, *ratios.values()))
    axes.set_xlabel("tokens a second, as a multiple of the fastest torch + PEFT (the line)")
    save(drawn, images, "speed")


def draw_losses(results, images):
    runs = {name.removeprefix("curves "): found for name, found in results.items() if name.startswith("curves ")}
    if not runs:
        return
    drawn, (by_step, by_time) = figure(2, (10, 4))
    for precision, found in runs.items():
        for who, wide in (("torch", dict(linewidth=4, alpha=0.5)), ("lorad", dict(linewidth=1.2))):
            losses, style = found[who]["losses"], dict(color=COLOURS[who][precision], label=f"{who} {precision}")
            by_step.plot(range(1, len(losses) + 1), losses, **style, **wide)
            by_time.plot(found[who]["times"], smoothed(losses), **style, linewidth=1.8)
    by_step.set(xlabel="step", ylabel="loss", yscale="log")
    by_time.set(xlabel="seconds since the start of the process", ylabel="loss, mean of 20 steps", yscale="log")
    for axis in (by_step, by_time):
        axis.yaxis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1, 2, 5)))
        axis.yaxis.set_major_formatter("{x:g}")
        axis.yaxis.set_minor_formatter(matplotlib.ticker.NullFormatter())
        axis.legend()
    save(drawn, images, "loss")
