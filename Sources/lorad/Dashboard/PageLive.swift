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
          if (there(before) !== there(run)) news.push(`${counted(there(run), 'worker')} connected.`);
          if (tenth(before) !== tenth(run)) news.push(`${progress(run)}.`);
          const known = new Set(before.incidents.map((incident) => incident.time + incident.text));
          const fresh = run.incidents.filter((incident) => !known.has(incident.time + incident.text));
          news.push(...fresh.map((incident) => incident.text));
          if (news.length > 0) find('news').textContent = news.join(' ');
        }

        function connection(text, isTrouble) {
          if (find('connection').textContent === text) return;
          find('connection').textContent = text;
          find('connection').classList.toggle('trouble', isTrouble);
          if (isTrouble) find('news').textContent = text;
        }

        // What follows # in the address is the page's key or an access token. It goes into a header, and nowhere else.
        const credentials = () => location.hash.length > 1
          ? { Authorization: `Bearer ${location.hash.slice(1)}` } : {};

        // The data of server-sent events; EventSource cannot send a header.
        async function* events(body) {
          const [reader, decoder] = [body.getReader(), new TextDecoder()];
          let text = '';
          try {
            for (;;) {
              const { done, value } = await reader.read();
              if (done) return;
              text += decoder.decode(value, { stream: true });
              for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
                const line = text.slice(0, end).split('\n').find((line) => line.startsWith('data: '));
                text = text.slice(end + 2);
                if (line) yield line.slice(6);
              }
            }
          } finally { reader.cancel().catch(() => {}); }
        }

        const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

        async function listen() {
          let heard;
          for (;;) {
            let problem = 'The coordinator does not answer.';
            try {
              const answer = await fetch('events', { headers: credentials(), cache: 'no-store' });
              if (answer.ok) {
                for await (const data of events(answer.body)) {
                  heard = new Date();
                  showRun(JSON.parse(data));
                  if (current.is_over) return connection('The coordinator has stopped. This is the final state of the run.', false);
                  connection('Live: this page updates itself.', false);
                }
              } else if (answer.status === 401 || answer.status === 403) {
                problem = 'To view this page, open the address that the coordinator printed, or append # and an access token to this one.';
              }
            } catch (error) { /* said below */ }
            const since = heard ? ` Last update: ${heard.toLocaleTimeString()}.` : '';
            connection(`${problem}${since} Trying again…`, true);
            await pause(2000);
          }
        }

        async function joinLine() {
          const box = find('join-line');
          if (!box.textContent) {
            const answer = await fetch('join', { headers: credentials() });
            box.textContent = (await answer.json()).line;
          }
          return box.textContent;
        }

        // Runs something that may fail, and says so then.
        const trying = (action) => () => action().catch(() => {
          find('join-said').textContent = 'That failed. Is the coordinator still running?';
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
