/// The style of the page: light and dark, from a phone's width up.
enum PageStyle {
    static let text = #"""

        :root {
          color-scheme: light dark;
          --page: #f4f6f8; --card: #ffffff; --ink: #1b1f24; --quiet: #57606a; --line: #d5dae0; --fill: #e6eaef;
          --first: #0757b8; --second: #a63f00; --third: #176b2c; --bad: #b3141f; --warning: #7a4d00;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #0d1117; --card: #161b22; --ink: #e6edf3; --quiet: #a2acb7; --line: #30363d; --fill: #2a313a;
            --first: #6cb1ff; --second: #ffa763; --third: #5fd377; --bad: #ff8a82; --warning: #e0b04b;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0 auto; padding: 1rem; max-width: 76rem; background: var(--page); color: var(--ink);
          font: 1rem/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif;
        }
        h1 { font-size: 1.5rem; line-height: 1.2; margin: 0 0 .35rem; overflow-wrap: anywhere; }
        h2 { font-size: 1rem; margin: 0 0 .6rem; }
        p { margin: 0 0 .6rem; overflow-wrap: anywhere; }
        section > :last-child, section > div > :last-child { margin-bottom: 0; }
        header { margin-bottom: 1rem; }
        header p { color: var(--quiet); margin-bottom: .2rem; }
        header p.trouble { color: var(--bad); font-weight: 600; }
        main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem; }
        section {
          background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; min-width: 0;
        }
        .wide { grid-column: 1 / -1; }
        [hidden] { display: none !important; }
        .spoken {
          position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%);
          white-space: nowrap;
        }
        .quiet { color: var(--quiet); }
        .state { font-weight: 600; color: var(--ink); }
        .state.good { color: var(--third); }
        .state.warning { color: var(--warning); }
        .state.bad { color: var(--bad); }
        progress {
          display: block; width: 100%; height: .75rem; margin-bottom: .6rem; border: 0; border-radius: .375rem;
          background: var(--fill); color: var(--first); appearance: none; overflow: hidden;
        }
        progress::-webkit-progress-bar { background: var(--fill); }
        progress::-webkit-progress-value { background: var(--first); }
        progress::-moz-progress-bar { background: var(--first); }
        dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: .8rem 1rem; margin: 0; }
        dl div { min-width: 0; }
        dt { color: var(--quiet); font-size: .8125rem; }
        dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
        svg.chart { display: block; width: 100%; height: auto; }
        svg text { fill: var(--quiet); font-size: 12px; font-variant-numeric: tabular-nums; }
        .grid { stroke: var(--line); }
        .axis { stroke: var(--quiet); }
        .curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
        .first { stroke: var(--first); } .second { stroke: var(--second); } .third { stroke: var(--third); }
        .dot.first { fill: var(--first); } .dot.second { fill: var(--second); } .dot.third { fill: var(--third); }
        .curve.second { stroke-dasharray: 7 4; } .curve.third { stroke-dasharray: 2 4; }
        ul.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; margin: .4rem 0; padding: 0; }
        ul.legend svg { width: 1.75rem; height: .75rem; margin-right: .4rem; }
        .scroll { overflow-x: auto; max-width: 100%; }
        .scroll.tall { max-height: 18rem; overflow-y: auto; }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .9375rem; }
        caption { text-align: left; color: var(--quiet); font-size: .8125rem; padding-bottom: .35rem; }
        th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
        tr > :first-child { padding-left: 0; } tr > :last-child { padding-right: 0; }
        thead th { color: var(--quiet); font-weight: 500; font-size: .8125rem; }
        tbody th { font-weight: 600; }
        .left { text-align: left; }
        tbody tr:last-child > * { border-bottom: 0; }
        small { color: var(--quiet); font-weight: 400; font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
        ol { margin: 0; padding: 0; list-style: none; }
        li p { margin: 0; } ol li + li { margin-top: .6rem; }
        time { color: var(--quiet); font-size: .8125rem; }
        details { margin-top: .4rem; }
        summary { cursor: pointer; width: fit-content; padding: .25rem .1rem; color: var(--first); }
        details .scroll { margin-top: .4rem; }
        button {
          font: inherit; color: var(--ink); background: var(--fill); border: 1px solid var(--quiet);
          border-radius: .375rem; padding: .4rem .8rem; min-height: 2.5rem; cursor: pointer;
        }
        button + button { margin-left: .4rem; }
        pre { margin: 0; padding: .6rem; background: var(--page); border: 1px solid var(--line); }
        :focus-visible { outline: 3px solid var(--first); outline-offset: 2px; border-radius: .25rem; }
        @media (prefers-reduced-motion: no-preference) { progress::-webkit-progress-value { transition: width .3s; } }
        @media print { section { break-inside: avoid; } }

        """#
}
