"""The page of a run in a real browser: a federated run of three workers with `--dashboard`, looked at while it goes on, while
its coordinator is away, at its end, and as the file of `lorad runs show --html`. Checked: the numbers against
trainer_log.jsonl and the store; that nothing overlaps or sticks out from a phone's width on; contrast, dark and light; that
the keyboard reaches everything, visibly; that everything has a name for a screen reader; that no name becomes markup.

    apt-get install chromium
    python docs/scripts/check_page.py --lorad .build/release/lorad [--images docs/images]

Needs nothing but the standard library and Debian's chromium.
"""

import argparse
import contextlib
import json
import pathlib
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile

from browser import Browser, wait

FIXTURE = pathlib.Path("Tests/Fixtures/tiny-llava")
WIDTHS = [360, 768, 1280]
ROUNDS = 60
EVIL = "</script><img src=x onerror=document.title='owned'><!--"

# What stands where: text boxes by the scrolling region that they are in, without what only screen readers are told.
LAYOUT = """(() => {
  const problems = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) problems.push(`the page is ${document.documentElement.scrollWidth} wide`);
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || element.closest('script, style, noscript, .spoken')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width < 1 || box.height < 1) continue;
      const region = element.closest('.scroll');
      const picture = element.closest('svg')?.getBoundingClientRect();
      boxes.push({ node, box, region });
      if (!region && (box.left < 0 || box.right > width + 0.5)) problems.push(`sticks out: ${node.textContent}`);
      if (picture && (box.left < picture.left - 0.5 || box.right > picture.right + 0.5 || box.top < picture.top - 0.5
        || box.bottom > picture.bottom + 0.5)) problems.push(`leaves its chart: ${node.textContent}`);
    }
  }
  boxes.forEach((one, index) => boxes.slice(index + 1).forEach((other) => {
    if (one.node === other.node || one.region !== other.region) return;
    const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
    const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
    if (across > 1 && down > 3) problems.push(`overlap: ${one.node.textContent} | ${other.node.textContent}`);
  }));
  return { problems, boxes: boxes.length };
})()"""

# WCAG 2.1's contrast of each text with what is behind it, and of each curve.
CONTRAST = """(() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const ratio = (colour, element) => {
    const [one, other] = [luminance(parse(colour)), luminance(behind(element))];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  };
  let [least, words] = [99, ''];
  for (const element of document.querySelectorAll('body *')) {
    const style = getComputedStyle(element);
    const isCurve = element.matches('polyline');
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!isCurve && !hasText || element.closest('script, style, noscript, [hidden], .spoken')) continue;
    const colour = isCurve ? style.stroke : element.closest('svg') ? style.fill : style.color;
    const found = ratio(colour, element) * (isCurve ? 1.5 : 1);
    if (found < least) [least, words] = [found, element.textContent || 'a curve'];
  }
  return [least, words];
})()"""

STOPS = "[...document.querySelectorAll('a[href], button, summary, [tabindex=\"0\"]')].filter((stop) => stop.checkVisibility())"
# A place is known by its name: what is drawn anew is another element.
NAME = "(stop) => stop.id || stop.getAttribute('aria-label') || stop.textContent.slice(0, 40)"
NAMED = {"button", "link", "progressbar", "region", "image", "table", "DisclosureTriangle", "heading", "columnheader", "rowheader"}


class Run:
    """A federated run of three workers in a folder, with processes that end with it."""

    def __init__(self, lorad, folder, *settings):
        self.lorad, self.folder, self.settings = lorad, pathlib.Path(folder), settings
        self.processes = []
        self.control, self.dashboard = free_port(), free_port()
        pictures = FIXTURE / "data/pictures"
        self.tell("partition", "--data", FIXTURE / "data/train.json", "--parts", 3, "--by", "dirichlet", "--output", self.folder / "parts")
        self.parts = [["--data", self.folder / f"parts/part-{part}.json", "--images", pictures] for part in (1, 2, 3)]

    def tell(self, *words):
        return subprocess.run([self.lorad, *map(str, words)], check=True, capture_output=True, text=True).stdout

    def start(self, name, *words):
        with open(self.folder / f"{name}.log", "a") as log:
            process = subprocess.Popen([self.lorad, *map(str, words)], stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def coordinate(self):
        settings = [f"training.output_dir={self.folder}/out", f"federation.rounds={ROUNDS}", "federation.worker_timeout=2",
                    "training.learning_rate=5e-4", "federation.local_epochs=10", "federation.round_deadline=4", "run=tiny-federated", *self.settings]
        return self.start(
            "coordinator", "coordinator", "--config", "configs/tiny-federated.yaml", "--state", self.folder / "state",
            "--listen", f"tcp://127.0.0.1:{self.control}", "--dashboard", f"127.0.0.1:{self.dashboard}",
            "--join-file", self.folder / "join", "--token-uses", "100", *[word for setting in settings for word in ("--set", setting)])

    def address(self):
        """Where the coordinator says that the page is, the key to the join line at its end."""
        found = re.search(r"page is at (\S+)", (self.folder / "coordinator.log").read_text())
        return found and found[1]

    def work(self, name, part):
        join = wait(lambda: (self.folder / "join").exists() and (self.folder / "join").read_text().strip(), "no join line")
        return self.start(name, "worker", "--join", join, "--name", name, "--state", self.folder / name, "--lanes", 1, *self.parts[part])

    def log(self):
        lines = (self.folder / "out/trainer_log.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def end(self):
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()


def free_port():
    """One of two neighbouring ports that nobody uses, outside the range for connections."""
    while True:
        port = random.randrange(10_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", port))
            other.bind(("127.0.0.1", port + 1))
            return port


def check(condition, what):
    print(("ok    " if condition else "WRONG ") + what, flush=True)
    if not condition:
        raise SystemExit(1)


def cells(browser, place):
    """A table's rows, by title."""
    script = f"[...document.querySelectorAll('#{place} tr')].map((row) => [...row.children].map((cell) => cell.textContent))"
    titles, *rows = browser.evaluate(script)
    return [dict(zip(titles, row)) for row in rows]


def is_rounded(text, value, factor=1):
    """Whether a text is a number, rounded to as many places as it has."""
    number = text.rstrip("%").replace(",", "")
    places = len(number.partition(".")[2])
    return abs(float(number) - factor * value) <= 0.500001 * 10 ** -places


def check_numbers(browser, run, what):
    records = run.log()
    digest = json.loads(run.tell("runs", "show", "tiny-federated", "--json", "--state", run.folder / "state"))
    losses = {int(row["Round"]): row for row in cells(browser, "loss")}
    shares = {int(row["Round"]): row for row in cells(browser, "accuracy")}
    check(len(records) == ROUNDS and all(record["step"] in losses for record in records), f"{what}: all {ROUNDS} rounds are there")
    check(all(is_rounded(losses[r["step"]]["Training"], r["loss"]) and is_rounded(losses[r["step"]]["Validation"], r["eval_loss"])
              and is_rounded(shares[r["step"]]["Exact match"], r["eval_exact_match"], 100) for r in records),
          f"{what}: losses and accuracies are those of trainer_log.jsonl")
    script = "Object.fromEntries([...document.querySelectorAll('#figures div')].map((row) => [...row.children].map((c) => c.textContent)))"
    figures, last = browser.evaluate(script), records[-1]
    check(is_rounded(figures["Loss"], last["loss"]) and is_rounded(figures["Validation loss"], last["eval_loss"])
          and is_rounded(figures["Exact match"], last["eval_exact_match"], 100) and is_rounded(figures["Tokens"], digest["tokens"]),
          f"{what}: the figures are the last round's")
    workers = cells(browser, "workers")
    found = {row["Worker"].split(" ")[0]: int(row["Counted"]) for row in workers}
    check(found == {worker["name"]: worker["counted"] for worker in digest["workers"]}, f"{what}: workers have the store's counts {found}")


def check_layout(browser, what):
    for width in WIDTHS:
        browser.resize(width)
        found = browser.evaluate(LAYOUT)
        check(not found["problems"] and found["boxes"] > 25, f"{what}, {width} px: nothing of {found['boxes']} texts overlaps or sticks out {found['problems'][:5]}")
    for scheme in ["dark", "light"]:
        browser.prefer(scheme)
        least, words = browser.evaluate(CONTRAST)
        check(least >= 4.5, f"{what}, {scheme}: the least contrast is {least:.2f}, of {words[:40]!r}")


def check_keyboard(browser, what):
    stops = set(browser.evaluate(f"{STOPS}.map({NAME})"))
    browser.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    met = {}
    for _ in range(len(stops) + 2):
        browser.press("Tab", 9)
        met.update([browser.evaluate(f"""(() => {{
          const style = getComputedStyle(document.activeElement);
          return [({NAME})(document.activeElement), style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2];
        }})()""")])
    missed = [stop for stop in stops if not met.get(stop)]
    check(len(stops) >= 5 and not missed, f"{what}: Tab reaches all {len(stops)} places, visibly {missed}")


def check_names(browser, what):
    nodes = [node for node in browser.send("Accessibility.getFullAXTree")["nodes"] if not node.get("ignored")]
    named = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if node["role"]["value"] in NAMED]
    missing = [role for role, name in named if not name.strip()]
    roles = {role for role, _ in named}
    check(not missing and {"progressbar", "region", "image", "table", "heading"} <= roles, f"{what}: {len(named)} elements have names {missing}")


def look_at_live_run(browser, run, images):
    coordinator = run.coordinate()
    address = wait(run.address, "the coordinator does not start")
    browser.open(address)
    browser.until("document.querySelector('#facts').textContent.startsWith('Waiting for workers')", "the page shows nothing")
    check_layout(browser, "before the first round")
    workers = [run.work(name, part) for part, name in enumerate(["clinic-north", "clinic-south", "university"])]
    browser.evaluate("window.sameDocument = true")
    done = "Number(document.querySelector('#progress').value)"
    browser.until(f"{done} >= 5", "no round comes")
    check(browser.evaluate("window.sameDocument"), "rounds come without loading the page again")
    workers[2].send_signal(signal.SIGSTOP)
    browser.until("document.querySelector('#incidents').textContent.includes('university is silent')", "the silent worker is not told of")
    check("university is silent" in browser.evaluate("document.querySelector('#news').textContent"), "a screen reader is told of it")
    workers[2].send_signal(signal.SIGCONT)
    browser.until(f"{done} >= 16", "the run does not go on")
    check_join(browser, run)
    check_keyboard(browser, "the live page")
    check_names(browser, "the live page")
    coordinator.kill()
    coordinator.wait()
    browser.until("document.querySelector('#connection.trouble') !== null", "the page does not say that the coordinator is away")
    points = browser.evaluate("document.querySelector('#loss polyline').getAttribute('points').split(' ').length")
    check(points >= 16, f"the curves stay while the coordinator is away ({points} points)")
    coordinator = run.coordinate()
    browser.until("document.querySelector('#connection').textContent.startsWith('Live')", "the page does not come back")
    browser.until(f"{done} >= 40", "the run does not go on")
    check(browser.evaluate("window.sameDocument"), "the page follows the coordinator that was started again")
    picture(browser, images, "dashboard.png", 1280, "light")
    picture(browser, images, "dashboard-phone.png", 360, "dark")
    browser.until("document.querySelector('#facts').textContent.startsWith('Finished')", "the page does not end", 120)
    coordinator.wait(30)
    check("has ended" in browser.evaluate("document.querySelector('#connection').textContent"), "the page says that the run is over")
    problems = [text for text in browser.problems if "ERR_CONNECTION_REFUSED" not in text and "ERR_INCOMPLETE" not in text]
    check(not problems, f"the page has no errors of its own {problems}")


def check_join(browser, run):
    browser.evaluate("document.querySelector('#join-show').focus()")
    browser.press(" ", 32, " ")
    browser.until("document.querySelector('#join-line').checkVisibility()", "the join line does not come")
    text = browser.evaluate("document.querySelector('#join-line').textContent")
    check((run.folder / "join").read_text().strip() in text, "the space key shows the join line")
    check_layout(browser, "with the join line")
    browser.press(" ", 32, " ")
    check(browser.evaluate("document.querySelector('#join-show').getAttribute('aria-expanded')") == "false", "and hides it")


def picture(browser, images, name, width, scheme):
    if images:
        pathlib.Path(images).mkdir(parents=True, exist_ok=True)
        browser.prefer(scheme)
        browser.resize(width)
        browser.evaluate("document.activeElement.blur()")
        browser.screenshot(pathlib.Path(images, name), width, 1220)
        browser.prefer("light")


def look_at_file(browser, run, state, what, has_numbers=True):
    path = run.folder / "page.html"
    run.tell("runs", "show", "tiny-federated", "--html", path, "--state", state)
    check("token=" not in path.read_text(), f"{what}: it has no join line in it")
    browser.open(path.as_uri())
    browser.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    check(browser.evaluate("performance.getEntriesByType('resource').length") == 0, f"{what}: it loads nothing")
    if has_numbers:
        check_numbers(browser, run, what)
    for look in [check_layout, check_keyboard, check_names]:
        look(browser, what)


def look_at_evil_name(browser, run):
    state = run.folder / "other-state"
    shutil.copytree(run.folder / "state", state, ignore=shutil.ignore_patterns("blobs", "inbox", "partial"))
    with contextlib.closing(sqlite3.connect(state / "runs/runs.sqlite")) as store, store:
        store.execute("UPDATE workers SET name = ? WHERE name = 'university'", (EVIL,))
    look_at_file(browser, run, state, "the file with a worker whose name is markup", has_numbers=False)
    check(EVIL in browser.evaluate("document.querySelector('#workers').textContent"), "the name is shown as it is")
    check(browser.evaluate("document.images.length === 0 && document.title !== 'owned'"), "and is no markup")


def look_at_private_run(browser, lorad):
    noise = "privacy.differential_privacy."
    settings = ["federation.rounds=6", "federation.aggregation=mean", f"{noise}enabled=true", f"{noise}noise_multiplier=2",
                f"{noise}target_epsilon=30"]
    with tempfile.TemporaryDirectory() as folder:
        run = Run(lorad, folder, *settings)
        try:
            coordinator = run.coordinate()
            for part, name in enumerate(["one", "two", "three"]):
                run.work(name, part)
            coordinator.wait(60)
            state = run.folder / "state"
            look_at_file(browser, run, state, "the file of a private run", has_numbers=False)
            spent = json.loads(run.tell("privacy", "ledger", "tiny-federated", "--json", "--state", state))["epsilon"]
            text = browser.evaluate("document.querySelector('#privacy').textContent")
            check(f"Epsilon {spent:.3f} of 30 spent" in text, f"it has the ledger's epsilon: {text[:60]}")
        finally:
            run.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--lorad", default=".build/release/lorad")
    parser.add_argument("--chromium", default="chromium")
    parser.add_argument("--images", help="a folder to write screenshots to")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Browser(arguments.chromium) as browser:
        run = Run(arguments.lorad, folder)
        try:
            look_at_live_run(browser, run, arguments.images)
            check_numbers(browser, run, "the live page at its end")
            look_at_file(browser, run, run.folder / "state", "the file")
            look_at_evil_name(browser, run)
        finally:
            run.end()
        look_at_private_run(browser, arguments.lorad)


if __name__ == "__main__":
    main()
