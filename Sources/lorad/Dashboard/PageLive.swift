/// The part of the page's script that listens, speaks and copies.
enum PageLive {
    static let text = #"""
        // What those are told who do not see the page: changes, not every number.
        function announce(before, run) {
          if (!before) return;
          const there = (run) => run.workers.filter((worker) => ['idle', 'working'].includes(worker.state)).length;
          const tenth = (run) => run.planned ? Math.floor(10 * run.done / run.planned) : 0;
          const news = [];
          if (before.state !== run.state) news.push(`The run is ${(states[run.state] || [run.state])[0]}.`);
          if (there(before) !== there(run)) news.push(`${counted(there(run), 'worker')} there.`);
          if (tenth(before) !== tenth(run)) news.push(`${progress(run)}.`);
          const known = new Set(before.incidents.map((incident) => incident.time + incident.text));
          const fresh = run.incidents.filter((incident) => !known.has(incident.time + incident.text));
          news.push(...fresh.map((incident) => incident.text));
          if (news.length > 0) find('news').textContent = news.join(' ');
        }

        function connection(text, isTrouble) {
          find('connection').textContent = text;
          find('connection').classList.toggle('trouble', isTrouble);
          if (isTrouble) find('news').textContent = text;
        }

        function listen() {
          const source = new EventSource('events');
          let heard;
          source.onmessage = (event) => {
            heard = new Date();
            showRun(JSON.parse(event.data));
            if (current.is_over) source.close();
            connection(current.is_over ? 'The coordinator has ended: this is how it left the run.'
              : 'Live: this page follows the run by itself.', false);
          };
          source.onerror = () => {
            const since = heard ? ` What you see is of ${heard.toLocaleTimeString()}.` : '';
            connection(`The coordinator does not answer.${since} Trying again…`, true);
            if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
          };
        }

        async function joinLine() {
          const box = find('join-line');
          if (!box.textContent) {
            const answer = await fetch('join', { headers: { Authorization: `Bearer ${location.hash.slice(1)}` } });
            box.textContent = (await answer.json()).line;
          }
          return box.textContent;
        }

        // Runs something that may fail, and says so then.
        const trying = (action) => () => action().catch(() => {
          find('join-said').textContent = 'That did not work: is the coordinator still there?';
        });

        find('join-show').addEventListener('click', trying(async () => {
          const box = find('join-box');
          if (box.hidden) await joinLine();
          box.hidden = !box.hidden;
          find('join-show').setAttribute('aria-expanded', String(!box.hidden));
          find('join-show').textContent = box.hidden ? 'Show the line' : 'Hide the line';
        }));
        find('join-copy').addEventListener('click', trying(async () => {
          await navigator.clipboard.writeText(await joinLine());
          find('join-said').textContent = 'Copied.';
        }));

        const saved = find('document');
        if (saved) showRun(JSON.parse(saved.textContent)); else listen();
        new ResizeObserver(() => { if (current) showCurves(current); }).observe(find('loss'));

        """#
}
